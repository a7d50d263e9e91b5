"""The run store: what is written is read back, runs are found by many names, trouble is told and harms nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from swell.metrics.recorder import Recorder
from swell.metrics.snapshot import encode
from swell.metrics.tags import TagSet
from swell.runs.commit import git_commit
from swell.runs.record import Run
from swell.runs.store import RunStore, StoreError, open_store
from swell.runs.writer import RunHead, RunWriter
from tests.report.conftest import make_plan


def head(run_id: str, **more: Any) -> RunHead:
    """A run that begins."""
    plan = msgspec.json.encode(make_plan())
    given = {"name": "t", "file": "load.py", "target": "http://x", "started": 1_000.0, "workers": 1, "plan_hash": "h"}
    return RunHead(id=run_id, plan=plan, command="swell\nrun", commit="", **{**given, **more})


def second(number: int, requests: int) -> bytes:
    """What a worker measured in one second."""
    recorder = Recorder()
    series = recorder.request_series(TagSet.of({"name": "/", "method": "GET", "expected_response": "true"}))
    for each in range(requests):
        end = number + 0.5 + each * 0.001
        recorder.add_request((series, end - 0.01, end, 0.0, 0.0, 0.01, 0.0, 10, 20))
    return encode(recorder.flush(number + 1.0))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store in SQLite, and one in PostgreSQL."""
    if request.param == "sqlite":
        return str(tmp_path / "new" / "runs.db")
    import psycopg

    address: str = request.getfixturevalue("postgres_url")
    name = f"store_{abs(hash(str(tmp_path)))}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{address.rpartition('/')[0]}/{name}"


@pytest.fixture
def store(url: str) -> Iterator[RunStore]:
    """An open store."""
    with contextlib.closing(open_store(url)) as store:
        yield store


def test_what_is_written_is_read_back(store: RunStore, good_run: Run) -> None:
    """The record, and each second of each worker."""
    store.begin(head(good_run.id, tags={"branch": "main"}))
    store.add(good_run.id, [(0, second(0, 3)), (1, second(0, 4))])
    store.add(good_run.id, [(0, second(1, 5))])
    store.finish(good_run)
    found = store.find("last")
    assert (found.id, found.verdict, found.tags, found.finished) == (
        good_run.id,
        good_run.verdict,
        {"branch": "main"},
        True,
    )
    assert store.run(found) == good_run
    with store.metrics(found) as metrics:
        whole, first = (metrics.aggregate("http_reqs", {}, *window) for window in ((), (0, 1)))
    assert whole is not None
    assert first is not None
    assert (whole.sum, first.sum) == (12, 7)


def test_a_run_that_was_cut_off(store: RunStore) -> None:
    """It has a record made of what is there, and says so."""
    store.begin(head("cut"))
    store.add("cut", [(0, second(0, 3)), (0, second(1, 2))])
    found = store.find("cut")
    run = store.run(found)
    assert not found.finished
    assert (run.interrupted, run.duration, run.totals is not None and run.totals.requests) == (True, 2, 5)
    assert "cut off" in run.stop_reason


def test_runs_are_found_by_many_names(store: RunStore) -> None:
    """An id or its beginning, last, last~1, a tag, a baseline."""
    for number in range(3):
        store.begin(head(f"2026-{number}x", started=1_000.0 + number, tags={"n": str(number)}))
    store.set_baseline("default", "2026-0x")
    store.set_baseline("nightly", "2026-1x")
    for ref, wanted in {
        "2026-1x": "2026-1x",
        "2026-2": "2026-2x",
        "last": "2026-2x",
        "last~2": "2026-0x",
        "n=1": "2026-1x",
        "baseline": "2026-0x",
        "baseline:nightly": "2026-1x",
    }.items():
        assert store.find(ref).id == wanted, ref
    assert store.find("2026-0x").baselines == ["default"]


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("2026", "could be"),
        ("2027", "no run '2027'"),
        ("last~7", "only 2 runs"),
        ("last~x", "number"),
        ("a=b", "the tag a=b"),
        ("baseline:main", "swell runs baseline"),
        ("%", "no run"),
    ],
)
def test_names_that_mean_no_run(store: RunStore, ref: str, words: str) -> None:
    """The message says what there is instead."""
    store.begin(head("2026-a"))
    store.begin(head("2026-b"))
    with pytest.raises(StoreError, match=words):
        store.find(ref)


def test_filters(store: RunStore, good_run: Run) -> None:
    """By file, verdict, tag and time; the newest first."""
    store.begin(head(good_run.id, started=5.0, file="checkout.py"))
    store.finish(msgspec.structs.replace(good_run, started=5.0))
    store.begin(head("b", started=7.0, tags={"env": "test"}))
    assert [each.id for each in store.list()] == ["b", good_run.id]
    assert [each.id for each in store.list(file="check")] == [good_run.id]
    assert [each.id for each in store.list(verdict=good_run.verdict.lower())] == [good_run.id]
    assert [each.id for each in store.list(tag=("env", "test"))] == ["b"]
    assert [each.id for each in store.list(since=6.0)] == ["b"]
    assert [each.id for each in store.list(limit=1)] == ["b"]


def test_delete_takes_everything(store: RunStore) -> None:
    """The run, what it measured, its tags and baselines."""
    store.begin(head("a", tags={"k": "v"}))
    store.add("a", [(0, second(0, 1))])
    store.set_baseline("x", "a")
    store.delete("a")
    assert store.list() == []
    assert not store.remove_baseline("x")


def test_a_copy_is_whole(store: RunStore, good_run: Run, tmp_path: Path) -> None:
    """A run goes to another store with its seconds and tags."""
    store.begin(head(good_run.id, tags={"k": "v"}))
    store.add(good_run.id, [(0, second(0, 6))])
    store.finish(good_run)
    with contextlib.closing(open_store(str(tmp_path / "one.db"))) as other:
        store.copy_to(other, store.find("last"))
        copied = other.find(good_run.id)
        assert (other.run(copied), copied.tags) == (good_run, {"k": "v"})
        with other.metrics(copied) as metrics:
            assert metrics.seconds == 1


def test_the_writer_stores_while_the_run_goes_on(url: str, good_run: Run) -> None:
    """Snapshots and the record arrive; a run that never began is forgotten."""
    for kept in (good_run, None):
        run_id = good_run.id if kept else "never"
        writer = RunWriter(head(run_id), lambda: open_store(url))
        writer.keep(0, second(0, 2))
        writer.finish(kept)
        assert writer.error == ""
    with contextlib.closing(open_store(url)) as store:
        assert [each.id for each in store.list()] == [good_run.id]


def test_a_store_that_fails_harms_nothing(good_run: Run, tmp_path: Path) -> None:
    """The writer says why, takes everything and never waits for long."""
    (tmp_path / "file").write_text("")
    for place in (str(tmp_path / "file" / "runs.db"), "mysql://x/y", "postgresql://127.0.0.1:1/x"):
        writer = RunWriter(head("a"), lambda place=place: open_store(place))
        for _ in range(100):
            writer.keep(0, b"x")
        writer.finish(good_run)
        assert writer.error, place
        assert "Traceback" not in writer.error


def test_a_file_that_is_no_store(tmp_path: Path) -> None:
    """Another kind of file is told, not overwritten."""
    path = tmp_path / "notes.db"
    path.write_text("these are my notes, and no database at all" * 50)
    with pytest.raises(StoreError, match=r"notes\.db"):
        open_store(str(path))
    assert path.read_text().startswith("these are my notes")


def test_the_folder_keeps_out_of_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.swell` ignores itself."""
    monkeypatch.chdir(tmp_path)
    open_store().close()
    assert (tmp_path / ".swell" / ".gitignore").read_text() == "*\n"


@pytest.fixture
def work_tree(tmp_path: Path) -> Callable[[str, str], Path]:
    """A folder with files of git's."""

    def make(name: str, text: str) -> Path:
        path = tmp_path / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return tmp_path / "deep" / "down"

    return make


def test_git_commit(work_tree: Callable[[str, str], Path]) -> None:
    """Read from a branch, from packed references, detached; nothing without git."""
    folder = work_tree("HEAD", "ref: refs/heads/main\n")
    folder.mkdir(parents=True)
    assert git_commit(folder) == ""
    work_tree("packed-refs", f"# pack-refs\n{'b' * 40} refs/heads/main\n")
    assert git_commit(folder) == "b" * 40
    work_tree("refs/heads/main", "a" * 40 + "\n")
    assert git_commit(folder) == "a" * 40
    work_tree("HEAD", "c" * 40 + "\n")
    assert git_commit(folder) == "c" * 40
