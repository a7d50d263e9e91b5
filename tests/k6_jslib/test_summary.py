"""k6-summary and k6-reporter: results as text, XML and a page."""

# ruff: noqa: E501 - scripts keep their lines

from __future__ import annotations

import copy
import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.dialects.javascript import JsError
from swell.dialects.k6.jslib.page import page

if TYPE_CHECKING:
    from .conftest import World

DATA: dict[str, Any] = {
    "metrics": {
        "http_req_duration": {
            "type": "trend",
            "contains": "time",
            "values": {"avg": 12.5, "min": 1, "med": 10, "max": 99.25, "p(90)": 50, "p(95)": 60},
            "thresholds": {"p(95)<50": {"ok": False}, "avg<20": {"ok": True}},
        },
        "http_reqs": {"type": "counter", "contains": "default", "values": {"count": 1234, "rate": 12.34}},
        "http_req_failed": {
            "type": "rate",
            "contains": "default",
            "values": {"rate": 0.5, "passes": 617, "fails": 617},
        },
        "data_sent": {"type": "counter", "contains": "data", "values": {"count": 5000, "rate": 50}},
        "vus_max": {"type": "gauge", "contains": "default", "values": {"value": 5, "min": 5, "max": 5}},
        "checks": {"type": "rate", "contains": "default", "values": {"rate": 0.75, "passes": 3, "fails": 1}},
        "own <trend>": {"type": "trend", "contains": "default", "values": {"avg": 1, "p(99)": 2}},
    },
    "root_group": {
        "name": "",
        "path": "",
        "id": "x",
        "groups": [
            {
                "name": "shop & cart",
                "path": "::shop & cart",
                "id": "y",
                "groups": [],
                "checks": [{"name": "is <b>", "path": "::shop & cart::is <b>", "id": "z", "passes": 1, "fails": 1}],
            }
        ],
        "checks": [{"name": "ok", "path": "::ok", "id": "w", "passes": 2, "fails": 0}],
    },
    "options": {
        "summaryTrendStats": ["avg", "min", "med", "max", "p(90)", "p(95)"],
        "summaryTimeUnit": "",
        "noColor": False,
    },
    "state": {"isStdOutTTY": False, "isStdErrTTY": False, "testRunDurationMs": 100_000},
}
_SUMMARY = "import { textSummary, jUnit, humanizeValue } from 'https://jslib.k6.io/k6-summary/0.1.0/index.js';"
_REPORT = "import { htmlReport } from 'https://raw.githubusercontent.com/benc-uk/k6-reporter/main/dist/bundle.js';"


def _json(data: Any) -> str:
    return json.dumps(data)


def test_the_text_is_the_classic_summary(world: World) -> None:
    """Checks, metrics and their statistics, indented, without colours on request."""
    text = world.value(_SUMMARY, f"return textSummary({_json(DATA)}, {{ indent: '  ', enableColors: false }});")
    lines = text.split("\n")
    assert "\x1b" not in text
    assert all(line.startswith("  ") for line in lines if line)
    assert any(line.strip().startswith("✗ is <b>") for line in lines)
    assert any("http_req_duration" in line and "avg=12.5ms" in line and "p(95)=60ms" in line for line in lines)
    assert any("http_reqs" in line and "1234" in line for line in lines)


def test_colours_are_on_by_default(world: World) -> None:
    """As in the original."""
    assert "\x1b[" in world.value(_SUMMARY, f"return textSummary({_json(DATA)});")


def test_metrics_that_a_script_deletes_are_gone(world: World) -> None:
    """The text is of the data that it is given."""
    body = f"const d = {_json(DATA)}; delete d.metrics.http_reqs; return textSummary(d, {{ enableColors: false }});"
    assert "http_reqs" not in world.value(_SUMMARY, body)


def test_junit_has_a_case_for_each_threshold(world: World) -> None:
    """Failed ones have a failure."""
    root = ET.fromstring(world.value(_SUMMARY, f"return jUnit({_json(DATA)});"))
    cases = {case.get("name"): case.find("failure") is not None for case in root.iter("testcase")}
    assert cases == {"http_req_duration - p(95)<50": True, "http_req_duration - avg<20": False}
    assert (root.get("tests"), root.get("failures")) == ("2", "1")


def test_values_for_people(world: World) -> None:
    """Rates, sizes and times as in the summary."""
    found = world.value(
        _SUMMARY,
        """return [humanizeValue(0.1234, { type: 'rate' }), humanizeValue(2048, { type: 'counter', contains: 'data' }),
          humanizeValue(1500, { type: 'trend', contains: 'time' }), humanizeValue(1500, { type: 'trend', contains: 'time' }, 'ms'),
          humanizeValue(1.5, { type: 'gauge', contains: 'default' })];""",
    )
    assert found == ["12.34%", "2.0 kB", "1.5s", "1500.00ms", "1.5"]


@pytest.mark.parametrize("call", ["textSummary()", "textSummary({})", "jUnit(5)"])
def test_what_is_no_summary_is_refused(world: World, call: str) -> None:
    """The message says what is needed."""
    with pytest.raises(JsError, match="handleSummary"):
        world.value(_SUMMARY, f"return {call};")


class _Cells(HTMLParser):
    """The texts of a page's cells and headings, and its elements with the class bad."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.bad = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.bad += any(name == "class" and "bad" in (value or "").split() for name, value in attrs)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_shows_all(world: World) -> None:
    """Cards, thresholds, trends, counters, checks; what is not there is a dash; texts are escaped."""
    text = world.value(_REPORT, f"return htmlReport({_json(DATA)}, {{ title: 'Nightly <run>' }});")
    cells = _Cells(text)
    for shown in ("Nightly <run>", "1,234", "617", "1m40s", "p(95)<50", "12.5ms", "99.25ms", "5.0 kB", "\N{EN DASH}"):
        assert shown in cells.texts, shown
    for shown in ("shop & cart", "is <b>", "own <trend>", "50.00%", "HTTP timings", "Other trends", "FAILED"):
        assert shown in cells.texts, shown
    assert cells.bad == 6  # three cards, the threshold, its trend, the check
    assert "<b>is" not in text
    assert "http://" not in text
    assert "https://" not in text


def test_a_page_of_nothing(world: World) -> None:
    """No requests, checks or thresholds: dashes, and nothing is red."""
    data = {"metrics": {}, "root_group": {"groups": [], "checks": []}, "state": {}, "options": {}}
    cells = _Cells(world.value(_REPORT, f"return htmlReport({_json(data)});"))
    assert cells.bad == 0
    assert "\N{EN DASH}" in cells.texts


@given(
    st.dictionaries(
        st.text(),
        st.fixed_dictionaries(
            {
                "type": st.sampled_from(["trend", "counter", "gauge", "rate", "other"]),
                "contains": st.sampled_from(["time", "data", "default"]),
                "values": st.dictionaries(
                    st.sampled_from(["avg", "count", "rate", "value", "passes", "p(99.9)"]),
                    st.floats(-1e15, 1e15) | st.none() | st.text(),
                ),
            }
        ),
    )
)
def test_no_data_upsets_the_page(metrics: dict[str, Any]) -> None:
    """Whatever a script puts in, there is a page, and the data stays as it was."""
    before = copy.deepcopy(metrics)
    assert page({"metrics": metrics}).endswith("</html>")
    assert metrics == before
