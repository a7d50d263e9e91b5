"""The text at the end of a test, beside what k6 documents."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from swell.dialects.k6.summary import text_summary
from swell.dialects.k6.summary_data import summary_data, summary_details
from tests.k6_outputs.conftest import Measured


def trend(value: float) -> dict[str, Any]:
    stats = ("avg", "min", "med", "max", "p(90)", "p(95)")
    return {"type": "trend", "contains": "time", "values": dict.fromkeys(stats, value)}


SHOP = {
    "root_group": {
        "name": "",
        "groups": [],
        "checks": [
            {"name": "show answers 200", "passes": 161, "fails": 1},
            {"name": "booked", "passes": 5, "fails": 0},
        ],
    },
    "state": {"testRunDurationMs": 21_712.31},
    "metrics": {
        "checks": {"type": "rate", "contains": "default", "values": {"rate": 0.99, "passes": 161, "fails": 1}},
        "http_req_duration": {**trend(55.65), "thresholds": {"p(95)<200": {"ok": True}}},
        "http_req_duration{name:booking}": {**trend(1340.0), "thresholds": {"p(95)<300": {"ok": False}}},
        "http_req_failed": {
            "type": "rate",
            "contains": "default",
            "values": {"rate": 0, "passes": 0, "fails": 108},
            "thresholds": {"rate<0.01": {"ok": True}},
        },
        "http_reqs": {"type": "counter", "contains": "default", "values": {"count": 108, "rate": 4.974135}},
        "http_req_waiting": trend(1.0),
        "vus": {"type": "gauge", "contains": "default", "values": {"value": 3, "min": 1, "max": 7}},
        "data_received": {"type": "counter", "contains": "data", "values": {"count": 31_000, "rate": 1400}},
        "pizzas": {"type": "counter", "contains": "default", "values": {"count": 32, "rate": 1.888962}},
    },
}

CURRENT = """
  █ THRESHOLDS\x20

    http_req_duration
    ✓ 'p(95)<200' p(95)=55.65ms

      {name:booking}
      ✗ 'p(95)<300' p(95)=1.34s

    http_req_failed
    ✓ 'rate<0.01' rate=0.00%


  █ TOTAL RESULTS\x20

    checks_total.......: 162    7.461205/s
    checks_succeeded...: 99.38% 161 out of 162
    checks_failed......: 0.61%  1 out of 162

    ✗ show answers 200
      ↳  99% — ✓ 161 / ✗ 1
    ✓ booked

    CUSTOM
    pizzas...............: 32    1.888962/s

    HTTP
    http_req_duration....: avg=55.65ms min=55.65ms med=55.65ms max=55.65ms p(90)=55.65ms p(95)=55.65ms
      { name:booking }...: avg=1.34s   min=1.34s   med=1.34s   max=1.34s   p(90)=1.34s   p(95)=1.34s\x20\x20
    http_req_failed......: 0.00% 0 out of 108
    http_reqs............: 108   4.974135/s

    EXECUTION
    vus..................: 3     min=1        max=7

    NETWORK
    data_received........: 31 kB 1.4 kB/s



"""

CLASSIC = """\
     ✗ show answers 200
      ↳  99% — ✓ 161 / ✗ 1
     ✓ booked

     checks...............: 99.00% ✓ 161    ✗ 1
     data_received........: 31 kB  1.4 kB/s
   ✗ http_req_duration....: avg=55.65ms min=55.65ms
     ✓ { name:booking }...: avg=1.34s   min=1.34s\x20\x20
"""


def test_the_current_layout() -> None:
    """Sections, alignment, marks and cut numbers, byte for byte."""
    assert text_summary(SHOP) == CURRENT


def test_the_full_layout_adds_phases_groups_and_scenarios(measured: Measured) -> None:
    """What compact hides, then one part for each top group and each scenario."""
    data, details = summary_data(*measured), summary_details(measured.store)
    text = text_summary(data, mode="full", details=details)
    assert "http_req_waiting" in text
    assert "http_req_waiting" not in text_summary(data, mode="compact")
    titles = [line.strip() for line in text.splitlines() if "█" in line or "↳ GROUP" in line]
    assert titles == ["█ THRESHOLDS", "█ TOTAL RESULTS", "█ GROUP: shop", "↳ GROUP: cart", "█ SCENARIO: default"]


def test_the_classic_layout() -> None:
    """Marks before metrics with thresholds, ✓ and ✗ of rates in columns."""
    metrics: dict[str, Any] = SHOP["metrics"]  # type: ignore[assignment]
    few = {name: metrics[name] for name in ("checks", "data_received")}
    few["http_req_duration"] = {**metrics["http_req_duration"], "thresholds": {"a": {"ok": True}, "b": {"ok": False}}}
    few["http_req_duration{name:booking}"] = {
        **metrics["http_req_duration{name:booking}"],
        "thresholds": {"a": {"ok": True}},
    }
    shown = text_summary({**SHOP, "metrics": few}, mode="legacy", trend_stats=["avg", "min"])
    assert shown == CLASSIC + "\n"


def test_classic_groups_are_indented(measured: Measured) -> None:
    """A group's title, then its checks two columns further right."""
    lines = text_summary(summary_data(*measured), mode="legacy").splitlines()
    assert lines[:3] == ["     █ shop", "", "       ✗ zebra"]
    assert "         ✓ apple" in lines


def test_colours_change_nothing_but_colours(measured: Measured) -> None:
    """Without the escape codes both texts are equal."""
    data = summary_data(*measured)
    for mode in ("compact", "full", "legacy"):
        painted = text_summary(data, mode=mode, colors=True)
        assert "\x1b[" in painted
        assert re.sub(r"\x1b\[\d+m", "", painted) == text_summary(data, mode=mode)


def test_indent_unit_and_silence(measured: Measured) -> None:
    """What scripts pass to textSummary; nothing at all when disabled."""
    data = summary_data(*measured, time_unit="ms")
    assert "avg=1500.00ms" in text_summary(data)
    assert "avg=1.50s" in text_summary(data, time_unit="s", indent="> ")
    assert all(line.startswith("> ") for line in text_summary(data, indent="> ").splitlines() if line)
    assert text_summary(data, mode="disabled") == ""


_VALUES = st.one_of(st.none(), st.text(max_size=3), st.floats(), st.integers(), st.dictionaries(st.text(), st.floats()))


@given(st.dictionaries(st.sampled_from(["avg", "rate", "passes", "fails", "count", "value", "p(95)"]), _VALUES))
def test_data_that_a_script_changed_is_shown_somehow(values: dict[str, Any]) -> None:
    """Odd or missing values never raise."""
    metrics = {kind: {"type": kind, "values": values} for kind in ("counter", "gauge", "rate", "trend")}
    for mode in ("compact", "full", "legacy"):
        assert text_summary({"metrics": metrics}, mode=mode)
