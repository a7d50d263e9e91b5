"""The console tables."""

from __future__ import annotations

import logging

import pytest

from swell.dialects.locust import console
from swell.dialects.locust import stats as locust_stats
from tests.locust_outputs.conftest import Measurement


@pytest.fixture(autouse=True)
def _fixed_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locust_stats, "STATS_NAME_WIDTH", 30)


def test_the_table(busy: Measurement) -> None:
    """Columns, widths and order as in Locust; the closing table shows the rates of the whole run."""
    lines = console.get_stats_summary(busy.stats(), current=False)
    separator = (
        "--------|--------------------------|-------|-------------|-------|-------|-------|-------|--------|-----------"
    )
    assert lines == [
        "Type     Name                        # reqs      # fails |    Avg     Min     Max    Med |   req/s  failures/s",  # noqa: E501 - as it looks
        separator,
        lines[2],
        lines[3],
        separator,
        lines[5],
    ]
    assert lines[2].split() == ["POST", "/a", "150", "0(0.00%)", "|", *lines[2].split()[5:9], "|", "10.00", "0.00"]
    assert lines[3].split()[:4] == ["GET", "/b", "300", "30(10.00%)"]
    assert lines[5].split()[:3] == ["Aggregated", "450", "30(6.67%)"]
    assert len({len(line) for line in lines}) == 1


def test_the_percentile_table_follows_the_setting(busy: Measurement, monkeypatch: pytest.MonkeyPatch) -> None:
    """One column for each of PERCENTILES_TO_REPORT, whole milliseconds; rows without a time are left out."""
    monkeypatch.setattr(locust_stats, "PERCENTILES_TO_REPORT", [0.5, 0.999])
    stats = busy.stats()
    stats.log_request("X", "untimed", None, 0)
    lines = console.get_percentile_stats_summary(stats)
    assert lines[0] == "Response time percentiles (approximated)"
    assert lines[1].split() == ["Type", "Name", "50%", "99.9%", "#", "reqs"]
    assert [line.split()[-3:] for line in lines[3:5]] == [["40", "40", "150"], ["20", "20", "300"]]
    assert lines[-1].split() == ["Aggregated", "20", "40", "451"]
    assert lines[2] == lines[-2] == "--------|------------------------------|--------|------|------"
    assert len(lines) == 7


def test_an_empty_run_has_tables(measurement: Measurement) -> None:
    """Before the first request there are headers and the total."""
    stats = measurement.stats()
    assert len(console.get_stats_summary(stats)) == 4
    assert len(console.get_percentile_stats_summary(stats)) == 4


def test_lines_go_to_locusts_logger(busy: Measurement, caplog: pytest.LogCaptureFixture) -> None:
    """Each line is a record of `locust.stats_logger`, whatever characters are in it; an empty one closes a table."""
    busy.request(15.1, "/100%d done", error="Boom('50%s')")
    busy.flush(16.0)
    stats = busy.stats()
    with caplog.at_level(logging.INFO, logger="locust.stats_logger"):
        locust_stats.print_stats(stats)
        locust_stats.print_percentile_stats(stats)
        locust_stats.print_error_report(stats)
    lines = [record.getMessage() for record in caplog.records]
    assert {record.name for record in caplog.records} == {"locust.stats_logger"}
    assert lines.count("") == 3
    report = lines[lines.index("Error report") :]
    assert report[1] == f"{'# occurrences':18} {'Error':100}"
    assert report[3].split(maxsplit=1)[0] == "30"
    assert report[4].rstrip() == f"{1:<18} GET /100%d done: Boom('50%s')"


def test_no_error_report_without_errors(measurement: Measurement, caplog: pytest.LogCaptureFixture) -> None:
    """The report appears only when something failed."""
    with caplog.at_level(logging.INFO, logger="locust.stats_logger"):
        locust_stats.print_error_report(measurement.stats())
    assert not caplog.records


def test_the_printer_pauses_as_set(
    measurement: Measurement, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """`stats_printer` prints at once and then every CONSOLE_STATS_INTERVAL_SEC, read each time."""
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        monkeypatch.setattr(locust_stats, "CONSOLE_STATS_INTERVAL_SEC", 7)
        if len(pauses) == 2:
            raise InterruptedError

    monkeypatch.setattr(console, "pause", sleep)
    with caplog.at_level(logging.INFO, logger="locust.stats_logger"), pytest.raises(InterruptedError):
        locust_stats.stats_printer(measurement.stats())()
    assert pauses == [2, 7]
    assert sum(record.getMessage().startswith("Type ") for record in caplog.records) == 2


def test_the_name_follows_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name gets what the terminal leaves, unless STATS_AUTORESIZE is off."""
    monkeypatch.setattr(console, "terminal_name_width", lambda: 44)
    console.fit_to_terminal()
    assert locust_stats.STATS_NAME_WIDTH == 44
    monkeypatch.setattr(locust_stats, "STATS_AUTORESIZE", False)
    monkeypatch.setattr(locust_stats, "STATS_NAME_WIDTH", 55)
    console.fit_to_terminal()
    assert locust_stats.STATS_NAME_WIDTH == 55
