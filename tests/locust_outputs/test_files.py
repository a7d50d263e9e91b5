"""CSV files, JSON, history, and their rhythm."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from swell.dialects.locust import stats as locust_stats
from swell.dialects.locust.outputs import RunOutputs
from swell.dialects.locust.stats import RequestStats, StatsCSV, StatsCSVFileWriter
from tests.locust_outputs.conftest import ORIGIN, Measurement


def environment_of(stats: RequestStats, **runner: Any) -> Any:
    """An environment with a runner, as far as outputs know it."""
    facts = {"stats": stats, "user_count": 3, "state": "running", "exceptions": {}, **runner}
    return SimpleNamespace(stats=stats, runner=SimpleNamespace(**facts))


def read(path: str) -> list[list[str]]:
    """The rows of a CSV file."""
    with Path(path).open(newline="") as file:
        return list(csv.reader(file))


def writer_of(run: Measurement, folder: Path, *, full: bool = False, **runner: Any) -> StatsCSVFileWriter:
    """The files of a run in `folder`/deep/out*."""
    environment = environment_of(run.stats(), **runner)
    return StatsCSVFileWriter(environment, locust_stats.PERCENTILES_TO_REPORT, str(folder / "deep" / "out"), full)


def test_stats_csv(busy: Measurement, tmp_path: Path) -> None:
    """Rows by name, then the total; counts, times and rates as numbers; lines end in CR LF."""
    writer = writer_of(busy, tmp_path)
    writer.start(ORIGIN + 15)
    writer.finish(ORIGIN + 15)
    header, first, second, total = read(f"{writer.base_filepath}_stats.csv")
    assert header[:4] == ["Type", "Name", "Request Count", "Failure Count"]
    assert header[-1] == "100%"
    assert [row[:4] for row in (first, second, total)] == [
        ["POST", "/a", "150", "0"],
        ["GET", "/b", "300", "30"],
        ["", "Aggregated", "450", "30"],
    ]
    assert total[9:11] == ["30.0", "2.0"]
    assert total[11:] == ["20"] * 2 + ["40"] * 9
    assert float(total[7]) == pytest.approx(40.0)
    assert all(
        line.endswith(b"\r") for line in Path(f"{writer.base_filepath}_stats.csv").read_bytes().split(b"\n")[:-1]
    )


def test_history_of_the_total(busy: Measurement, tmp_path: Path) -> None:
    """Without full history one row a second: user count, current rates with six decimals, cumulative percentiles."""
    writer = writer_of(busy, tmp_path)
    writer.start(ORIGIN + 15)
    writer.write(ORIGIN + 15.4)
    writer.write(ORIGIN + 16)
    writer.finish(ORIGIN + 17)
    header, *rows = read(writer.stats_history_file_name())
    assert header[:6] == ["Timestamp", "User Count", "Type", "Name", "Requests/s", "Failures/s"]
    assert [row[0] for row in rows] == [str(int(ORIGIN) + second) for second in (15, 16, 17)]
    assert rows[0][1:6] == ["3", "", "Aggregated", "30.000000", "2.000000"]
    assert rows[0][6:17] == ["20"] * 2 + ["40"] * 9


def test_full_history(measurement: Measurement, tmp_path: Path) -> None:
    """With full history each entry has a row, whose percentiles are those of the last ten seconds."""
    for second in range(20):
        measurement.request(second + 0.5, "/", 90.0 if second < 5 else 10.0)
        measurement.flush(second + 1.0)
    writer = writer_of(measurement, tmp_path, full=True)
    writer.start(ORIGIN + 20)
    writer.finish(ORIGIN + 20)
    _, *rows = read(writer.stats_history_file_name())
    assert [row[3] for row in rows] == ["/", "Aggregated"] * 2, "the last rows are written in any case"
    assert rows[0][16] == "10"
    assert float(rows[0][22]) == pytest.approx(90.0)


def test_nothing_measured_yet(measurement: Measurement, tmp_path: Path) -> None:
    """Before the first request: headers, a total of zeros, N/A for percentiles, no failures."""
    writer = writer_of(measurement, tmp_path)
    writer.start(ORIGIN)
    writer.finish(ORIGIN)
    _, total = read(f"{writer.base_filepath}_stats.csv")
    assert total == ["", "Aggregated", "0", "0", "0", "0.0", "0", "0", "0", "0.0", "0.0", *["N/A"] * 11]
    assert len(read(f"{writer.base_filepath}_failures.csv")) == 1


def test_the_last_second_is_in_the_files(measurement: Measurement, tmp_path: Path) -> None:
    """What comes after the last regular write is there when the files are closed."""
    writer = writer_of(measurement, tmp_path)
    writer.start(ORIGIN)
    measurement.request(0.3, "/", error="Boom('x')")
    measurement.flush(0.4)
    writer.finish(ORIGIN + 0.4)
    writer.finish(ORIGIN + 9)
    assert read(f"{writer.base_filepath}_stats.csv")[1][:4] == ["GET", "/", "1", "1"]
    assert read(f"{writer.base_filepath}_failures.csv")[1][:4] == ["GET", "/", "Boom('x')", "1"]
    assert read(writer.stats_history_file_name())[-1][17] == "1"


def test_files_grow_and_shrink_while_running(
    busy: Measurement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files can be read during the run, and a reset leaves no old rows behind."""
    monkeypatch.setattr(locust_stats, "CSV_STATS_FLUSH_INTERVAL_SEC", 0)
    writer = writer_of(busy, tmp_path)
    writer.start(ORIGIN + 15)
    assert len(read(f"{writer.base_filepath}_stats.csv")) == 4
    assert len(read(f"{writer.base_filepath}_failures.csv")) == 2
    writer.environment.stats.clear_all()
    writer.write(ORIGIN + 16)
    assert len(read(f"{writer.base_filepath}_stats.csv")) == 2
    assert len(read(f"{writer.base_filepath}_failures.csv")) == 1
    writer.finish(ORIGIN + 17)


def test_failures_and_exceptions(busy: Measurement, tmp_path: Path) -> None:
    """Failures have times in UTC; exceptions come from the runner, with all their nodes."""
    found = {"count": 2, "msg": "task, broke", "traceback": 'File "x"\nValueError\n', "nodes": {"local"}}
    writer = writer_of(busy, tmp_path, exceptions={1: found})
    writer.start(ORIGIN + 15)
    writer.finish(ORIGIN + 15)
    text = "HTTPError('500 Server Error: Oops for url: /b')"
    assert read(f"{writer.base_filepath}_failures.csv") == [
        ["Method", "Name", "Error", "Occurrences", "First Seen", "Last Seen"],
        ["GET", "/b", text, "30", "2027-01-15T08:00:00Z", "2027-01-15T08:00:14Z"],
    ]
    assert read(f"{writer.base_filepath}_exceptions.csv") == [
        ["Count", "Message", "Traceback", "Nodes"],
        ["2", "task, broke", 'File "x"\nValueError\n', "local"],
    ]


def test_rows_for_any_writer(busy: Measurement) -> None:
    """`StatsCSV` writes to whatever has `writerow`, with the percentiles it was given."""
    rows: list[list[Any]] = []
    writer = StatsCSV(environment_of(busy.stats()), [0.5])
    collect: Any = SimpleNamespace(writerow=lambda row: rows.append(list(row)))
    writer.requests_csv(collect)
    assert rows[0][-1] == "50%"
    assert len(rows) == 4
    writer.failures_csv(collect)
    writer.exceptions_csv(collect)
    assert rows[4][0] == "Method"
    assert rows[-1][0] == "Count"


def test_json(busy: Measurement, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same list on stdout and in the file; one object for each entry, no total."""
    stats = busy.stats()
    locust_stats.print_stats_json(stats)
    locust_stats.save_stats_json(stats, str(tmp_path / "new" / "result"))
    text = (tmp_path / "new" / "result.json").read_text()
    assert capsys.readouterr().out == text + "\n"
    first, second = json.loads(text)
    assert (first["name"], first["method"], second["num_requests"]) == ("/a", "POST", 300)
    assert first["response_times"] == {"40": 150}
    assert sum(second["num_fail_per_sec"].values()) == 30
    assert text.startswith('[\n    {\n        "name": "/a",\n')


def test_history_records(busy: Measurement) -> None:
    """A record has a pair of time and value for each line of the charts."""
    environment = environment_of(busy.stats())
    locust_stats.update_stats_history(environment.runner, "now")
    (record,) = environment.stats.history
    assert record == {
        "response_time_percentile_0.5": ["now", 20],
        "response_time_percentile_0.95": ["now", 40],
        "current_rps": ["now", 30.0],
        "current_fail_per_sec": ["now", 2.0],
        "total_avg_response_time": ["now", pytest.approx(26.67)],
        "user_count": ["now", 3],
        "time": "now",
    }


def test_the_rhythm_of_a_run(
    measurement: Measurement, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ticks of a second: a table every two, rows every second, history every five, closing tables at the end."""
    caplog.set_level("INFO", logger="locust.stats_logger")
    writer = writer_of(measurement, tmp_path)
    runner = writer.environment.runner
    outputs = RunOutputs(runner, csv=writer)
    outputs.start(ORIGIN)
    for second in range(1, 11):
        measurement.request(second - 0.5, "/")
        measurement.flush(float(second))
        outputs.tick(ORIGIN + second + 0.01 * (second % 3))
    tables = [record for record in caplog.records if record.getMessage().startswith("Type     Name")]
    assert len(tables) == 6
    assert len(runner.stats.history) == 3
    monkeypatch.setattr(locust_stats, "CONSOLE_STATS_INTERVAL_SEC", 100)
    caplog.clear()
    outputs.close(ORIGIN + 10.5)
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0].startswith("Type     Name")
    assert "Response time percentiles (approximated)" in lines
    _, *rows = read(writer.stats_history_file_name())
    assert [int(row[0]) - int(ORIGIN) for row in rows] == [*range(11), 10]


def test_json_file_takes_the_place_of_the_closing_tables(
    busy: Measurement, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a JSON file nothing is printed at the end, as in Locust; with `--json` both can be had."""
    caplog.set_level("INFO", logger="locust.stats_logger")
    runner = environment_of(busy.stats()).runner
    RunOutputs(runner, table=False, json=True, json_file=str(tmp_path / "out")).close(ORIGIN)
    assert not caplog.records
    assert len(json.loads((tmp_path / "out.json").read_text())) == 2
    assert len(json.loads(capsys.readouterr().out)) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [("PERCENTILES_TO_CHART", [0.1] * 7), ("PERCENTILES_TO_CHART", [95]), ("PERCENTILES_TO_STATISTICS", ["x"])],
)
def test_percentiles_that_make_no_sense(
    name: str, value: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They end the program with code 1 and the name of the setting."""
    locust_stats.validate_stats_configuration()
    monkeypatch.setattr(locust_stats, name, value)
    with pytest.raises(SystemExit) as ended:
        locust_stats.validate_stats_configuration()
    assert ended.value.code == 1
    assert name in capsys.readouterr().err
