"""Whole runs over real worker processes: what is measured, what is noticed, how they end."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import msgspec

from swell.coordinator.control import Phase
from swell.coordinator.state import LiveRun
from tests.coordinator.conftest import Result, Watcher
from tests.coordinator.programs import plan_of

Runner = Callable[..., Result]


def gone(pid: int) -> bool:
    """Whether the process no longer exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def when_running(seconds: int, act: Callable[[], None]) -> Watcher:
    """A watcher that acts once when so many seconds have been merged."""
    watcher = Watcher()
    done: list[int] = []

    def look(live: LiveRun) -> None:
        if live.seconds >= seconds and not done:
            done.append(1)
            act()

    watcher.act = look
    return watcher


def test_a_run_on_one_process(run_plan: Runner, tmp_path: Path) -> None:
    """A plan runs from load to teardown; samples arrive, the process is gone afterwards."""
    told = tmp_path / "teardown"
    result = run_plan(plan_of(seconds=1.5, options={"teardown_file": str(told)}))
    assert result.outcome.lost == []
    assert not result.outcome.interrupted
    assert result.outcome.duration >= 1.5
    assert result.total("loops") == result.total("iterations") > 0
    assert told.read_text() == "{'tickets': 3}"
    assert all(gone(pid) for pid in result.transport.pids())
    assert result.watcher.closed
    assert (0, "worker 0 is here") in result.watcher.lines


def test_a_run_in_a_thread(run_plan: Runner) -> None:
    """`--processes 0` runs the same plan in this process."""
    result = run_plan(plan_of(seconds=1.2), 0)
    assert result.total("loops") > 0
    assert result.outcome.lost == []


def test_two_workers_share_the_users(run_plan: Runner) -> None:
    """Striped users of both workers add up to those of the plan."""
    result = run_plan(plan_of(users=5, seconds=2.2), 2)
    users = result.store.totals("vus")
    assert users is not None
    assert users.max == 5
    assert {worker for worker, _ in result.watcher.lines} == {0, 1}


def test_a_killed_worker_is_noticed_and_the_rest_goes_on(run_plan: Runner) -> None:
    """SIGKILL on one of two workers is reported with its signal; the other finishes the plan."""
    result = run_plan(plan_of("suicide", users=2, seconds=2.5), 2)
    [lost] = result.outcome.lost
    assert lost.index == 1
    assert "SIGKILL" in lost.reason
    assert result.outcome.duration >= 2.5
    assert any("worker 1 is lost" in notice for notice in result.watcher.notices)


def test_an_interrupt_ends_the_run_in_order(run_plan: Runner, tmp_path: Path) -> None:
    """SIGINT stops users early; teardown still runs; what was measured stays."""
    told = tmp_path / "teardown"
    watcher = when_running(1, lambda: os.kill(os.getpid(), signal.SIGINT))
    result = run_plan(plan_of(options={"teardown_file": str(told)}), 1, watcher)
    assert result.outcome.interrupted
    assert result.total("loops") > 0
    assert told.exists()
    assert all(gone(pid) for pid in result.transport.pids())


def test_a_second_interrupt_ends_at_once_even_a_blocked_worker(run_plan: Runner) -> None:
    """A worker that no longer listens is killed; nothing is left behind."""
    watcher = Watcher()
    sent: list[Phase] = []

    def look(live: LiveRun) -> None:
        if live.elapsed > 0.5 and len(sent) < 2 and live.phase not in sent:
            sent.append(live.phase)
            os.kill(os.getpid(), signal.SIGINT)

    watcher.act = look
    result = run_plan(plan_of("block", users=1), 1, watcher)
    assert sent == [Phase.RUNNING, Phase.STOPPING]
    assert result.outcome.interrupted
    assert all(gone(pid) for pid in result.transport.pids())


def test_a_hanging_worker_is_noticed_and_its_return_too(run_plan: Runner) -> None:
    """A worker blocked by user code is reported as hanging, then as answering again."""
    plan = plan_of("block", users=1, seconds=8.0, options={"block": "6"})
    result = run_plan(plan)
    text = "\n".join(result.watcher.notices)
    assert "worker 0 hangs" in text
    assert len(result.outcome.silences) >= 1


def test_a_threshold_with_abort_ends_the_run(run_plan: Runner) -> None:
    """The run ends long before its plan, and says which threshold ended it."""
    result = run_plan(plan_of(thresholds=("iteration_duration: p(95) < 1ms abort",)))
    assert result.outcome.aborted_by_criterion
    assert "iteration_duration" in result.outcome.stop_reason
    assert result.outcome.results[0].grade == "failed"
    assert result.outcome.duration < 30


def test_the_test_itself_may_end_the_run(run_plan: Runner) -> None:
    """AbortRun in user code stops all workers and leaves its reason."""
    result = run_plan(plan_of("abort"), 2)
    assert "stock is empty" in result.outcome.stop_reason
    assert not result.outcome.interrupted


def test_a_program_that_cannot_be_loaded(run_plan: Runner) -> None:
    """The loader's error is the outcome, nothing was measured, no process stays."""
    result = run_plan(plan_of("broken"), 2)
    assert result.outcome.script_error is not None
    assert "cannot be loaded" in result.outcome.script_error[1]
    assert all(gone(pid) for pid in result.transport.pids())


def test_a_worker_that_dies_while_loading_shows_its_last_words(run_plan: Runner) -> None:
    """Exit status and last line of output explain the death."""
    result = run_plan(plan_of("dies-loading"))
    assert result.outcome.script_error is not None
    assert "exit status 7" in result.outcome.script_error[1]
    assert "last words" in result.outcome.script_error[1]


def test_a_failing_setup_ends_the_run(run_plan: Runner) -> None:
    """The error of setup reaches the person; no user starts."""
    result = run_plan(plan_of(options={"setup": "fails"}), 2)
    assert result.outcome.script_error is not None
    assert result.outcome.script_error[0] == "setup"
    assert "no stock" in result.outcome.script_error[1]
    assert result.total("loops") == 0


def test_a_rendezvous_across_workers(run_plan: Runner) -> None:
    """Users of two processes meet in rounds of the full size, and nobody misses."""
    result = run_plan(plan_of("meet", users=4, seconds=2.0, options={"size": "4"}), 2)
    assert result.total("met") > 0
    assert result.total("met") % 4 == 0


def test_an_observer_that_fails_does_not_disturb(run_plan: Runner) -> None:
    """A closed terminal costs the picture, not the run."""
    watcher = Watcher()

    def fail(_: LiveRun) -> None:
        raise OSError("the terminal is gone")

    watcher.act = fail
    result = run_plan(plan_of(seconds=1.2), 1, watcher)
    assert result.total("loops") > 0


def test_the_drain_is_in_no_window(run_plan: Runner) -> None:
    """What iterations still do after the planned end of the load is judged by the whole run only."""
    plan = plan_of(
        "linger",
        seconds=1.2,
        options={"linger": "2.5"},
        thresholds=("loops: count >= 0 over any 1s", "loops: count > 0"),
    )
    [workload] = plan.workloads
    plan = msgspec.structs.replace(plan, workloads=(msgspec.structs.replace(workload, graceful_stop=20.0),))
    result = run_plan(plan)
    assert result.outcome.duration >= 2.5
    windowed, whole = result.outcome.results
    assert windowed.windows == 1
    assert whole.grade == "met"


def test_an_early_end_closes_the_windows(run_plan: Runner) -> None:
    """After an abort no window begins: the load of ten minutes has none of a minute."""
    thresholds = ("iteration_duration: p(95) < 1ms abort", "iterations: count > 0 over any 1m")
    result = run_plan(plan_of(seconds=600.0, thresholds=thresholds))
    assert result.outcome.aborted_by_criterion
    assert (result.outcome.results[1].grade, result.outcome.results[1].windows) == ("no data", 0)
