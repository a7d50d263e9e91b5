"""`swell compare` as people run it, and `--baseline` of a run."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from swell.cli import compare_noise
from swell.runs.store import RunStore, open_store
from tests.analysis.simulate import Load, keep, plan_of, record_of
from tests.cli.conftest import Command, Said

QUIET = Load(seconds=60, wander=0.01, spread=0.1)
SLOW = replace(QUIET, slower={"/search": 1.3})
IDS = ["20270101-000000-base", "20270102-000000-same", "20270103-000000-slow", "20270104-000000-ramp"]


@pytest.fixture
def stored(folder: Path) -> Iterator[RunStore]:
    """Four runs: a base (the baseline), an equal one, a slower one, one of another load. The newest is the slower."""
    with contextlib.closing(open_store()) as store:
        ramp = replace(QUIET, ramp=True)
        runs = [
            (QUIET, record_of(QUIET, IDS[0], tags={"release": "1"}, started=1e9)),
            (QUIET, record_of(QUIET, IDS[1], name="nightly", started=1e9 + 10)),
            (SLOW, record_of(QUIET, IDS[2], tags={"release": "2"}, started=1e9 + 30)),
            (ramp, record_of(ramp, IDS[3], started=1e9 + 20)),
        ]
        for seed, (load, run) in enumerate(runs):
            keep(store, load, seed, run)
        store.set_baseline("default", IDS[0])
        store.set_baseline("weekly", IDS[1])
        yield store


@pytest.mark.parametrize(
    ("base", "new"),
    [
        ("baseline", "last"),
        ("release=1", "release=2"),
        ("nightly", IDS[2]),
        ("baseline:weekly", "20270103"),
        ("weekly", "last"),
    ],
)
def test_a_regression_is_told_and_fails(stored: RunStore, swell: Callable[..., Said], base: str, new: str) -> None:
    """However the runs are named: the endpoint, the size and the word, exit code 1."""
    said = swell("compare", base, new)
    assert said.code == 1, said.err
    assert "REGRESSED" in said.out
    assert "GET /search" in said.out
    assert f"{IDS[2]} compared with" in said.out


def test_without_names_the_last_run_meets_the_baseline(stored: RunStore, swell: Callable[..., Said]) -> None:
    """`swell compare` alone."""
    said = swell("compare")
    assert said.code == 1
    assert f"{IDS[2]} compared with {IDS[0]}" in said.out


def test_equal_runs_do_not_fail(stored: RunStore, swell: Callable[..., Said]) -> None:
    """A wide margin: all figures are equivalent, exit code 0."""
    said = swell("compare", IDS[0], IDS[1], "--margin", "20%")
    assert said.code == 0
    assert "EQUIVALENT" in said.out
    assert "REGRESSED" not in said.out


def test_what_is_uncertain_fails_only_if_strict(stored: RunStore, swell: Callable[..., Said]) -> None:
    """A margin far below the noise settles nothing."""
    arguments = ("compare", IDS[0], IDS[1], "--margin", "0.01%", "--metric", "p95")
    assert swell(*arguments).code == 0
    said = swell(*arguments, "--strict")
    assert said.code == 1
    assert "INCONCLUSIVE" in said.out


def test_other_loads_are_invalid_unless_forced(stored: RunStore, swell: Callable[..., Said]) -> None:
    """Exit code 3 with the reason; --force compares and keeps the reason as a note."""
    said = swell("compare", IDS[0], IDS[3])
    assert said.code == 3
    assert "workload browse has another profile" in said.out
    forced = swell("compare", IDS[0], IDS[3], "--force")
    assert forced.code != 3
    assert "workload browse has another profile" in forced.out


def test_the_files_hold_the_comparison(stored: RunStore, swell: Callable[..., Said], folder: Path) -> None:
    """JSON, Markdown and the report of the new run."""
    said = swell("compare", "--json", "out/c.json", "--markdown", "c.md", "--html", "c.html")
    assert said.code == 1
    found = json.loads((folder / "out" / "c.json").read_text())
    assert (found["schema"], found["verdict"]) == ("swell.comparison/1", "REGRESSED")
    assert {row["endpoint"] for row in found["rows"] if row["verdict"] == "REGRESSED"} >= {"GET /search"}
    markdown = (folder / "c.md").read_text()
    assert markdown.startswith("## ❌ REGRESSED")
    assert "| GET /search | p50 |" in markdown
    page = (folder / "c.html").read_text()
    assert f"Compared with {IDS[0]}" in page
    assert "REGRESSED" in page


def test_json_on_stdout_is_alone_there(stored: RunStore, swell: Callable[..., Said]) -> None:
    """`--json -`: the table goes to stderr."""
    said = swell("compare", "--json", "-", "--metric", "p99", "--metric", "rate", "--endpoint", "/search")
    rows = json.loads(said.out)["rows"]
    assert [row["metric"] for row in rows] == ["http_req_duration p99", "http_reqs rate"]
    assert "GET /search" in said.err


def test_exported_files_are_compared(stored: RunStore, swell: Callable[..., Said]) -> None:
    """A file that `swell runs export` wrote is a run, whatever the store holds."""
    assert swell("runs", "export", IDS[0], "a.db").code == 0
    assert swell("runs", "export", IDS[2], "b.db").code == 0
    said = swell("compare", "a.db", "b.db", "--store", "empty.db")
    assert said.code == 1
    assert "GET /search" in said.out
    assert "holds several runs" in swell("compare", ".swell/runs.db", "b.db").err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing", "last"), "there is no run 'nothing'"),
        (("x" * 5000, "last"), "there is no run 'xxx"),
        (("a", "b", "c"), "takes two runs, not 3"),
        (("baseline", "last", "--metric", "http_req_duratio"), "did you mean http_req_duration"),
        (("baseline", "last", "--margin", "5"), "write it like 5% or 0.05"),
        (("baseline", "last", "--margin", "nan%"), "write it like 5% or 0.05"),
        (("baseline", "last", "--html", "."), "this is a directory"),
        (("loadtest.py", "last"), "cannot be"),
        (("--aa", "loadtest.py", "--html", "x.html"), "--aa has no --html"),
        (("--aa", "loadtest.py", "--", "--store", "x"), "cannot be given"),
        (("--aa", "loadtest.py", "--", "-u", "many"), "no whole number"),
    ],
)
def test_wrong_use_is_explained(
    stored: RunStore, swell: Callable[..., Said], arguments: tuple[str, ...], message: str
) -> None:
    """One sentence, exit code 2, no traceback."""
    said = swell("compare", *arguments)
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err


def test_an_endpoint_that_is_not_there_is_invalid(stored: RunStore, swell: Callable[..., Said]) -> None:
    """A name that nobody requested proves nothing, and says so."""
    said = swell("compare", "--endpoint", "/serch")
    assert said.code == 3
    assert "/serch, http_req_duration p50: no such endpoint in both runs" in said.out


def test_no_baseline_yet_is_explained(folder: Path, swell: Callable[..., Said]) -> None:
    """An empty store says how to make one."""
    said = swell("compare")
    assert said.code == 2
    assert "swell runs baseline RUN" in said.err


def test_the_noise_of_a_machine(
    folder: Path, swell: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """--aa runs each pair, tells the margin to trust, and leaves nothing in the store."""
    calls: list[list[str]] = []

    def run(arguments: list[str], folder: Path) -> None:
        calls.append(arguments)
        number = len(calls)
        with contextlib.closing(open_store(arguments[arguments.index("--store") + 1])) as store:
            keep(store, QUIET, number, record_of(QUIET, f"run-{number}", started=1e9 + number))

    monkeypatch.setattr(compare_noise, "_run", run)
    said = swell(
        "compare", "--aa", "loadtest.py", "--pairs", "3", "--duration", "1m", "--json", "n.json", "--", "-u", "4"
    )
    assert said.code == 0, said.err
    assert len(calls) == 6
    assert calls[0][:5] == ["loadtest.py", "-u", "4", "-t", "60s"]
    assert "smallest margin to trust" in said.out
    noise = json.loads((folder / "n.json").read_text())
    assert (noise["pairs"], noise["called"]) == (3, 0)
    assert 0 < noise["margin"] < 0.2
    assert not (folder / ".swell").exists()


def test_a_broken_test_ends_the_noise_at_once(folder: Path, swell: Callable[..., Said]) -> None:
    """What the run said is shown, exit code 2."""
    (folder / "broken.py").write_text("raise RuntimeError('no such thing')\n")
    said = swell("compare", "--aa", "broken.py", "--pairs", "2")
    assert said.code == 2
    assert "no such thing" in said.err
    assert "run 2 of" not in said.err


def test_a_run_is_judged_by_its_baseline(folder: Path, target: str, start: Callable[..., Command]) -> None:
    """--baseline compares at the end: the table, a line of its own, a pass without thresholds; the record has it."""
    first = start("run", "loadtest.py", "-H", target, "-u", "2", "-t", "10s", "-q")
    assert first.wait() == 0, first.err
    assert start("runs", "baseline", "last").wait() == 0
    second = start(
        "run",
        "loadtest.py",
        "-H",
        target,
        "-u",
        "2",
        "-t",
        "10s",
        "-q",
        "--baseline",
        "--margin",
        "90%",
        "--markdown",
        "m.md",
    )
    assert second.wait() == 0, second.err
    assert "compared with" in second.out
    assert "against baseline default" in second.out
    assert "compared with" in (folder / "m.md").read_text()
    with contextlib.closing(open_store()) as store:
        run = store.run(store.find("last"))
    assert run.verdict in {"PASS", "WARN"}
    assert any("against baseline default" in line for line in [*run.reasons, *run.notes])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--baseline", "default"), "had another load"),
        (("--baseline", "other"), "no baseline 'other'"),
        (("--baseline", "default", "--no-store"), "needs the store"),
    ],
)
def test_a_baseline_that_cannot_serve_is_said_before_the_run(
    stored: RunStore, swell: Callable[..., Said], nowhere: str, options: tuple[str, ...], message: str
) -> None:
    """Exit code 2 at once; nothing is sent."""
    said = swell("run", "loadtest.py", "-H", nowhere, "-t", "10s", *options)
    assert said.code == 2
    assert message in said.err


def test_a_plan_is_not_changed_by_being_stored() -> None:
    """The plan of a record is the same load as the plan it was made of (masked secrets are none of the load)."""
    from swell.analysis.likeness import load_key
    from swell.runs.redact import redact_plan

    plan: Any = plan_of(QUIET, host="http://user:secret@there", tags={"token": "secret"})
    assert load_key(redact_plan(plan)) == load_key(plan)
