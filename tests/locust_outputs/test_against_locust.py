"""The same requests in real Locust and here: the same tables, files and JSON."""

from __future__ import annotations

import csv
import http.server
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from swell.dialects.locust import inspectuser
from swell.dialects.locust import stats as locust_stats
from swell.dialects.locust.stats import RequestStats, StatsCSVFileWriter
from swell.dialects.python.tasks import task
from swell.dialects.python.tasksets import TaskSet
from swell.dialects.python.users import User
from tests.locust_outputs.conftest import Clock, Measurement

START = 1_800_000_000

# Requests of each second: method, name, ms, bytes, error. The times are such that Locust's rounded keys are exact and
# its percentiles, whose ranks are one higher, fall on the same request.
REQUESTS: list[tuple[str, str, float | None, int, str]] = [
    *[("GET", "/b", 12.0, 52, "")] * 7,
    *[("GET", "/b", 44.0, 52, "")] * 4,
    ("GET", "/b", 90.0, 52, "HTTPError('500 Server Error: Oops for url: /b')"),
    *[("POST", '/a, "quoted"', 7.0, 3, "")] * 5,
    ("POST", '/a, "quoted"', 9.0, 3, "CatchResponseError(\"not 'good', no\")"),
    ("QUEUE", "untimed", None, 10, ""),
]
SECONDS = 20

# Run by real Locust's Python: prints a JSON object of everything it makes of the same requests.
REAL = """
import csv, io, json, logging, sys, time
import locust
from locust import stats, User, TaskSet, task
from locust.exception import CatchResponseError
from locust.user import inspectuser
given = json.load(sys.stdin)
now = [float(given["start"])]
time.time = lambda: now[0]
made = stats.RequestStats()
for second in range(given["seconds"]):
    now[0] = given["start"] + second + 0.5
    for method, name, ms, size, error in given["requests"]:
        made.log_request(method, name, ms, size)
        if error:
            made.log_error(method, name, error)
now[0] = float(given["start"] + given["seconds"])
class Lines:
    def __init__(self): self.text = io.StringIO(); self.csv = csv.writer(self.text)
class Runner:
    stats = made; user_count = 3; exceptions = {}
class Environment:
    stats = made; runner = Runner
writer = stats.StatsCSVFileWriter(Environment, stats.PERCENTILES_TO_REPORT, given["prefix"], False)
texts = {}
for name in ("requests_csv", "failures_csv", "exceptions_csv"):
    lines = Lines(); getattr(writer, name)(lines.csv); texts[name] = lines.text.getvalue()
lines = Lines(); lines.csv.writerow(writer.stats_history_csv_columns)
writer._stats_history_data_rows(lines.csv, now[0]); texts["history"] = lines.text.getvalue()
stats.STATS_NAME_WIDTH = 80
class Inner(TaskSet):
    @task(3)
    def look(self): ...
    @task
    def leave(self): ...
class Shopper(User):
    weight = 3
    tasks = [Inner]
    @task
    def pay(self): ...
class Admin(User):
    fixed_count = 1
    @task
    def check(self): ...
ratio = inspectuser.get_ratio([Shopper, Admin], inspectuser._calc_distribution([Shopper, Admin], 10), True)
table = io.StringIO(); sys.stdout, out = table, sys.stdout
inspectuser.print_task_ratio([Shopper, Admin], 10, False)
sys.stdout = out
json.dump({
    "table": stats.get_stats_summary(made, False), "current": stats.get_stats_summary(made, True),
    "percentiles": stats.get_percentile_stats_summary(made), "errors": stats.get_error_report_summary(made),
    "dict": made.get("/b", "GET").to_dict(), "ratio": ratio, "ratios": table.getvalue(), **texts,
    "names": [name for name in dir(stats) if not name.startswith("_")],
    "members": [name for name in dir(stats.StatsEntry) if not name.startswith("_")],
    "holders": [name for name in dir(stats.RequestStats) if not name.startswith("_")],
    "json": json.dumps(made.serialize_stats(), indent=4),
}, sys.stdout)
"""


@pytest.fixture(scope="module")
def real(real_locust: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What real Locust makes of `REQUESTS`."""
    del real_locust
    prefix = str(tmp_path_factory.mktemp("real") / "out")
    given = {"start": START, "seconds": SECONDS, "requests": REQUESTS, "prefix": prefix}
    done = subprocess.run(
        [sys.executable, "-c", REAL], input=json.dumps(given), capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def logged() -> RequestStats:
    """The same requests, logged by hand."""
    clock = Clock(START)
    stats = RequestStats(clock=clock)
    for second in range(SECONDS):
        clock.now = START + second + 0.5
        for method, name, milliseconds, size, error in REQUESTS:
            stats.log_request(method, name, milliseconds, size)
            if error:
                stats.log_error(method, name, error)
    clock.now = START + SECONDS
    return stats


@pytest.fixture
def measured() -> RequestStats:
    """The same requests, measured by the engine."""
    run = Measurement()
    for second in range(SECONDS):
        for place, (method, name, milliseconds, size, error) in enumerate(REQUESTS):
            end = second + 0.2 + place / 100
            untimed = milliseconds is None
            run.request(end, name, milliseconds or 0.0, method=method, size=size, error=error, untimed=untimed)
        run.flush(second + 1.0)
    stats = RequestStats(clock=Clock(START + SECONDS))
    stats.attach(run.store, START)
    return stats


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locust_stats, "STATS_NAME_WIDTH", 80)


def rows_of(text: str) -> list[list[str]]:
    """CSV text as rows."""
    return list(csv.reader(text.splitlines()))


def shape(cell: str) -> str:
    """What kind of text a cell is."""
    for kind, pattern in (("whole", r"-?\d+"), ("number", r"-?\d+\.\d+(e-?\d+)?"), ("date", r"[\d-]+T[\d:]+Z")):
        if re.fullmatch(pattern, cell):
            return kind
    return cell


def written(stats: RequestStats, folder: Path, *, full: bool = False) -> dict[str, str]:
    """Our CSV files, read back."""
    runner = SimpleNamespace(user_count=3, exceptions={})
    environment: Any = SimpleNamespace(stats=stats, runner=runner)
    writer = StatsCSVFileWriter(environment, locust_stats.PERCENTILES_TO_REPORT, str(folder / "out"), full)
    writer.start(START + SECONDS)
    writer.close_files()
    names = ("stats", "failures", "exceptions", "stats_history")
    return {name: (folder / f"out_{name}.csv").read_bytes().decode() for name in names}


def test_tables_are_the_same_to_the_character(real: dict[str, Any], logged: RequestStats) -> None:
    """Console table (closing and periodic), percentile table and error report."""
    assert locust_stats.get_stats_summary(logged, False) == real["table"]
    assert locust_stats.get_stats_summary(logged, True) == real["current"]
    assert locust_stats.get_percentile_stats_summary(logged) == real["percentiles"]
    theirs = [line.replace("\"not 'good', no\"", "not 'good', no") for line in real["errors"]]
    ours = locust_stats.get_error_report_summary(logged)
    assert [line.rstrip() for line in ours] == [line.rstrip() for line in theirs]


def test_files_are_the_same_to_the_character(real: dict[str, Any], logged: RequestStats, tmp_path: Path) -> None:
    """All four CSV files, quoting and line ends included."""
    ours = written(logged, tmp_path)
    assert ours["stats"] == real["requests_csv"]
    assert ours["failures"] == real["failures_csv"]
    assert ours["exceptions"] == real["exceptions_csv"]
    assert ours["stats_history"] == real["history"]


def test_json_is_the_same_to_the_character(real: dict[str, Any], logged: RequestStats) -> None:
    """But for the start time of an entry, which is when it was made."""
    pattern, same = re.compile(r'"start_time": [\d.]+'), '"start_time": 0'
    ours = json.dumps(logged.serialize_stats(), indent=4)
    assert pattern.sub(same, ours) == pattern.sub(same, real["json"])


def test_measured_requests_give_the_same_numbers(real: dict[str, Any], measured: RequestStats, tmp_path: Path) -> None:
    """What the engine measured ends in the same cells, up to the float's last digits and half a second of the span."""
    span = SECONDS / (SECONDS - 0.5)
    ours = written(measured, tmp_path)
    for name, theirs in (("stats", "requests_csv"), ("stats_history", "history")):
        expected, found = rows_of(real[theirs]), rows_of(ours[name])
        assert found[0] == expected[0]
        assert len(found) == len(expected)
        for row, other in zip(found[1:], expected[1:], strict=True):
            for title, cell, wanted in zip(found[0], row, other, strict=True):
                if title in {"Requests/s", "Failures/s"}:
                    assert float(cell) == pytest.approx(float(wanted), rel=span - 0.99)
                elif shape(wanted) in {"whole", "number"}:
                    assert float(cell) == pytest.approx(float(wanted), abs=1e-9), title
                else:
                    assert cell == wanted
    shapes = [
        [[shape(cell) for cell in row] for row in rows_of(text)] for text in (ours["failures"], real["failures_csv"])
    ]
    assert shapes[0] == shapes[1]


def test_task_ratios_are_the_same(real: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """As data and as text."""

    class Inner(TaskSet):
        @task(3)
        def look(self) -> None: ...

        @task
        def leave(self) -> None: ...

    class Shopper(User):
        weight = 3
        tasks = [Inner]  # noqa: RUF012 - as tests write it

        @task
        def pay(self) -> None: ...

    class Admin(User):
        fixed_count = 1

        @task
        def check(self) -> None: ...

    users = inspectuser.planned_users([Shopper, Admin], 10)
    assert inspectuser.get_ratio([Shopper, Admin], users, True) == real["ratio"]
    inspectuser.print_task_ratio([Shopper, Admin], 10, False)
    assert capsys.readouterr().out == real["ratios"]


def test_names_are_there(real: dict[str, Any], logged: RequestStats) -> None:
    """Everything of `locust.stats` but imported modules and types; all members of entries and their holder."""
    imported = {
        *("Any", "CatchResponseError", "Environment", "Events", "FrameType", "OrderedDict", "Runner", "TYPE_CHECKING"),
        *("Protocol", "TypeVar", "TypedDict", "abstractmethod", "annotations", "cast", "chain", "copy", "csv", "S"),
        *("defaultdict", "format_utc_timestamp", "gevent", "hashlib", "json", "logging", "namedtuple", "os"),
        *("proper_round", "signal", "sys", "time", "Callable", "Iterable", "logger"),
    }
    # Locust's own plumbing between master and workers, its signal handler.
    plumbing = {"setup_distributed_stats_event_listeners", "resize_handler"}
    missing = {name for name in real["names"] if not hasattr(locust_stats, name)} - imported - plumbing
    assert missing == set()
    assert [name for name in real["members"] if not hasattr(logged.total, name)] == []
    assert [name for name in real["holders"] if not hasattr(logged, name)] == []
    assert set(real["dict"]) == set(logged.get("/b", "GET").to_dict())


LOCUSTFILE = """
from locust import FastHttpUser, task, constant
class Someone(FastHttpUser):
    wait_time = constant(0.1)
    @task
    def go(self):
        self.client.get("/fine")
        self.client.get("/missing")
        with self.client.post("/checked, \\"so\\"", catch_response=True) as answer:
            answer.failure("not as expected")
        raise ValueError("user code")
"""


class _Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    do_POST = do_GET

    def log_message(self, *_args: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A web server on loopback."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as made:
        made.daemon_threads = True
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()


@pytest.mark.parametrize("full", [False, True], ids=["total", "full-history"])
def test_a_real_run_has_our_columns_keys_and_formats(
    real_locust: Path, server: str, tmp_path: Path, full: bool
) -> None:
    """A short run of real Locust: each of its cells has the format of the same cell here."""
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE)
    arguments = ["--headless", "-t", "3s", "-H", server, "--csv", "real", "--only-summary"]
    arguments += ["--csv-full-history"] if full else []
    done = subprocess.run(
        [real_locust, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 1, done.stderr
    theirs = {
        name: (tmp_path / f"real_{name}.csv").read_bytes().decode()
        for name in ("stats", "failures", "exceptions", "stats_history")
    }

    run = Measurement()
    for second in range(3):
        run.request(second + 0.1, "/fine", 1.25)
        run.request(second + 0.2, "/missing", 1.5, error="LocustBadStatusCode(code=404)", kind="http_404")
        text = "CatchResponseError('not as expected')"
        run.request(second + 0.3, '/checked, "so"', 1.75, method="POST", error=text, kind="failed_check")
        run.flush(second + 1.0)
    ours = written(run.stats(), tmp_path, full=full)

    def shapes(text: str) -> dict[tuple[str, ...], list[str]]:
        # The median may be a whole number or not, in both.
        titles, *rows = rows_of(text)
        keys = {title: place for place, title in enumerate(titles) if title in {"Type", "Method", "Name", "Error"}}
        return {
            ("titles", *titles): [],
            **{
                tuple(row[place] for place in keys.values()): [
                    shape(cell).replace("whole", "number") if "Median" in title else shape(cell)
                    for title, cell in zip(titles, row, strict=True)
                ]
                for row in rows
            },
        }

    for name in ("stats", "failures", "stats_history"):
        assert shapes(ours[name]) == shapes(theirs[name]), name
        if name != "stats_history":  # which begins before the first request
            assert list(shapes(ours[name])) == list(shapes(theirs[name])), "the order of the rows"
        assert ours[name].count("\r\n") >= 2
    assert ours["exceptions"] == theirs["exceptions"].split("\n", 1)[0] + "\n"
