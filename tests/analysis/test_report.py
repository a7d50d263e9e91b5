"""A comparison as people see it: terminal, Markdown, one line."""

from __future__ import annotations

import io

import msgspec
import pytest
from rich.console import Console

from swell.analysis.comparison import Change, Comparison, ComparisonRow
from swell.report.comparison_console import print_comparison
from swell.report.comparison_markdown import comparison_markdown
from swell.report.comparison_words import baseline_line, effect_text, needed_text, sorted_rows, value_text
from swell.report.html.comparison import comparison_table


def row(verdict: Change, **fields: object) -> ComparisonRow:
    given: dict[str, object] = {
        "endpoint": "GET /a|b/:id/with/a/name/that/is/rather/long",
        "metric": "http_req_duration p95",
        "base": 123.4,
        "new": 1234.5,
        "effect": 9.0,
        "low": -0.1234,
        "high": 12.34,
        **fields,
    }
    return ComparisonRow(verdict=verdict, **given)  # type: ignore[arg-type]


def comparison(*rows: ComparisonRow, **fields: object) -> Comparison:
    verdict = rows[0].verdict if rows else Change.INVALID
    given: dict[str, object] = {"base_id": "base-id", "new_id": "new-id", "verdict": verdict, **fields}
    return Comparison(rows=list(rows), **given)  # type: ignore[arg-type]


SHARE = row(
    Change.REGRESSED,
    metric="http_req_failed rate",
    base=0.0,
    new=0.0123,
    effect=0.0123,
    low=0.0101,
    high=0.0145,
    relative=False,
)


def shown(of: Comparison, width: int, *, every: bool = False, verdict: bool = True) -> str:
    out = io.StringIO()
    print_comparison(of, Console(file=out, width=width, highlight=False), every=every, verdict=verdict)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 99, 100, 127, 128, 240])
def test_no_terminal_cuts_a_figure(width: int) -> None:
    """A narrow terminal gets fewer columns, and every figure in full."""
    text = shown(comparison(row(Change.INCONCLUSIVE, needed=3000.0), SHARE), width)
    assert "…" not in text
    for figure in ("1.23 s", "+900 %", "-12.3 % to +1,234 %", "INCONCLUSIVE", "+1.23 pp", "+1.01 pp to +1.45 pp"):
        assert figure in text


def test_long_lists_are_cut_and_say_so() -> None:
    """What is equivalent is counted, unless all is asked for."""
    rows = [row(Change.REGRESSED)] + [row(Change.EQUIVALENT, endpoint=f"GET /{n}") for n in range(80)]
    assert "80 more figures left out" in shown(comparison(*rows), 200)
    assert "GET /79" in shown(comparison(*rows), 200, every=True)


def test_the_verdict_can_be_left_to_the_summary() -> None:
    """Beside the summary of a run there is one verdict, not two."""
    assert "worse than before" in shown(comparison(SHARE), 120)
    assert "worse than before" not in shown(comparison(SHARE), 120, verdict=False)


def test_markdown_cells_hold() -> None:
    """An endpoint with a pipe does not break the table; reasons are there without rows."""
    lines = comparison_markdown(comparison(row(Change.REGRESSED))).splitlines()
    [table_row] = [line for line in lines if "REGRESSED |" in line]
    assert "/a\\|b/" in table_row
    assert table_row.replace("\\|", "").count("|") == 9
    invalid = comparison_markdown(comparison(reasons=["the runs had <b>different</b> loads"]))
    assert "\\<b\\>different" in invalid
    assert invalid.startswith("## ⛔ INVALID")


def test_figures_in_their_units() -> None:
    """Times, rates, shares; differences of shares in percentage points; what is missing is a dash."""
    assert value_text(row(Change.REGRESSED), 1234.5) == "1.23 s"
    assert value_text(row(Change.REGRESSED, metric="http_reqs rate"), 12.5) == "12.5/s"
    assert value_text(SHARE, 0.0123) == "1.23 %"
    assert effect_text(SHARE, 0.0123) == "+1.23 pp"
    assert effect_text(SHARE, None) == "-"
    assert value_text(SHARE, None) == "-"


def test_advice() -> None:
    """How long it would take, in lengths that people plan with."""
    assert needed_text(row(Change.INCONCLUSIVE, needed=100.2)) == "runs of 1m40s would tell"
    assert needed_text(row(Change.INCONCLUSIVE, needed=700.0)) == "runs of 12m would tell"
    assert needed_text(row(Change.INCONCLUSIVE, needed=9000.0)) == "runs of 3h would tell"
    assert needed_text(row(Change.INCONCLUSIVE)) == "too near the margin to tell"
    assert needed_text(row(Change.INVALID, note="too few samples")) == "too few samples"
    assert needed_text(row(Change.EQUIVALENT)) == ""


@pytest.mark.parametrize("verdict", Change)
def test_one_line_says_the_word_and_the_run(verdict: Change) -> None:
    """The line in a run's verdict begins with the word and names the baseline."""
    line = baseline_line(comparison(*[row(verdict)] * 5, reasons=["why"]), "nightly")
    assert line.startswith(f"{verdict} against baseline nightly (base-id)")
    if verdict in {Change.REGRESSED, Change.IMPROVED}:
        assert line.endswith("and 2 more")


def test_what_matters_comes_first() -> None:
    """Regressions, then what is not certain; what could not be compared last."""
    order = [each.verdict for each in sorted_rows(comparison(*map(row, sorted(Change))))]
    assert order[0] is Change.REGRESSED
    assert order[-1] is Change.INVALID


def test_the_report_page_shows_points_of_a_hundred() -> None:
    """A difference of shares is no relative change on the page either."""
    table = comparison_table(comparison(SHARE))
    assert table is not None
    assert table.base == "base-id"
    assert (table.rows[0].effect, table.rows[0].interval) == ("+1.23 pp", "+1.01 pp to +1.45 pp")


def test_json_reads_back() -> None:
    """What is written as JSON is the comparison."""
    from swell.report.comparison_json import comparison_json

    found = comparison(SHARE, row(Change.INVALID, effect=None))
    assert msgspec.json.decode(comparison_json(found), type=Comparison) == found
