"""The decision core of a run, with fake workers and a virtual clock."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from swell.coordinator import control as c
from swell.coordinator.actions import Action, Kill, Merge, Notice, Send
from swell.engine import messages as m


class Rig:
    """A control, a clock, and everything it asked for."""

    def __init__(self, count: int = 2, **options: float) -> None:
        self.control = c.RunControl(count, **options)
        self.now = 100.0
        self.count = count
        self.control.begin(self.now)

    def say(self, index: int, message: m.FromWorker) -> list[Action]:
        return self.control.on_message(index, message, self.now)

    def pass_time(self, seconds: float, ticking: Iterable[int] = ()) -> list[Action]:
        actions: list[Action] = []
        for step in range(1, round(seconds * 5) + 1):
            self.now += 0.2
            if step % 5 == 0:
                for index in ticking:
                    actions += self.say(index, m.Tick(index, b"x"))
            actions += self.control.on_clock(self.now)
        return actions

    def start(self) -> list[Action]:
        for index in range(self.count):
            self.say(index, m.Ready(index, 1000 + index))
        actions = self.say(0, m.SetupDone("data"))
        self.now = self.control.start_at or self.now
        return actions


def sent(actions: list[Action], kind: type) -> list[int]:
    """Indexes of the workers that were sent a message of this kind."""
    return [a.index for a in actions if isinstance(a, Send) and isinstance(a.message, kind)]


def notices(actions: list[Action]) -> str:
    """All notices as one text."""
    return "\n".join(a.text for a in actions if isinstance(a, Notice))


def test_a_run_from_ready_to_exit() -> None:
    """Setup on the first worker, one start for all, ticks merged, teardown on the first, exit for all."""
    rig = Rig()
    assert rig.say(0, m.Ready(0, 1)) == []
    assert sent(rig.say(1, m.Ready(1, 2)), m.DoSetup) == [0]
    actions = rig.say(0, m.SetupDone({"a": 1}))
    starts = [a.message for a in actions if isinstance(a, Send) and isinstance(a.message, m.Start)]
    assert starts == [m.Start(rig.now + c.START_DELAY, {"a": 1})] * 2
    assert rig.say(1, m.Tick(1, b"snap")) == [Merge(1, b"snap")]
    assert rig.say(1, m.AllDone(1)) == []
    assert sent(rig.say(0, m.AllDone(0)), m.DoTeardown) == [0]
    assert sent(rig.say(0, m.TeardownDone()), m.Exit) == [0, 1]
    rig.control.on_gone(0, "ended", rig.now)
    assert not rig.control.ended
    rig.control.on_gone(1, "ended", rig.now)
    assert rig.control.ended
    assert rig.control.lost == []
    assert rig.control.stop_reason == ""


def test_whole_seconds_are_those_all_answering_workers_have_reported() -> None:
    """The slowest worker counts; one that is done or gone does not hold the others back."""
    rig = Rig()
    rig.start()
    rig.say(0, m.Tick(0, b""))
    rig.say(0, m.Tick(0, b""))
    assert rig.control.whole_seconds == 0
    rig.say(1, m.Tick(1, b""))
    assert rig.control.whole_seconds == 1
    rig.control.on_gone(1, "killed", rig.now)
    assert rig.control.whole_seconds == 2


def test_a_lost_worker_is_reported_at_once_and_the_rest_goes_on() -> None:
    """The loss is recorded with its time and reason; the run ends when the others are done."""
    rig = Rig()
    rig.start()
    rig.pass_time(2, ticking=(0, 1))
    actions = rig.control.on_gone(1, "killed by SIGKILL", rig.now)
    assert "worker 1 is lost: killed by SIGKILL; 1 of 2 goes on" in notices(actions)
    [lost] = rig.control.lost
    assert (lost.index, lost.pid) == (1, 1001)
    assert lost.at == pytest.approx(2.0)
    assert sent(rig.say(0, m.AllDone(0)), m.DoTeardown) == [0]


def test_all_workers_lost_ends_the_run() -> None:
    """With nobody left there is nothing to wait for."""
    rig = Rig(1)
    rig.start()
    rig.control.on_gone(0, "killed", rig.now)
    assert rig.control.ended


def test_loss_of_the_first_worker_skips_teardown_and_says_so() -> None:
    """Teardown data lived in worker 0: it cannot run elsewhere, and that is no secret."""
    rig = Rig()
    rig.start()
    rig.control.on_gone(0, "killed", rig.now)
    actions = rig.say(1, m.AllDone(1))
    assert sent(actions, m.DoTeardown) == []
    assert sent(actions, m.Exit) == [1]
    assert "teardown did not run" in rig.control.teardown_error


def test_a_hanging_worker_is_reported_after_three_seconds_of_silence() -> None:
    """No notice while ticks may still come, one notice once they are overdue, none again."""
    rig = Rig()
    rig.start()
    assert "hangs" not in notices(rig.pass_time(3.8, ticking=(0,)))
    assert notices(rig.pass_time(1.0, ticking=(0,))).count("worker 1 hangs") == 1
    assert notices(rig.pass_time(2.0, ticking=(0,))) == ""
    assert rig.control.lost == []
    assert "answers again" in notices(rig.say(1, m.Tick(1, b"")))
    assert len(rig.control.silences) == 1


def test_a_worker_that_stays_silent_is_killed_and_counts_as_lost() -> None:
    """Half a minute without a word is a loss; the run goes on with the rest."""
    rig = Rig()
    rig.start()
    actions = rig.pass_time(c.GIVE_UP + 3, ticking=(0,))
    assert [a.index for a in actions if isinstance(a, Kill)] == [1]
    assert [lost.index for lost in rig.control.lost] == [1]
    assert rig.control.on_gone(1, "killed", rig.now) == []


def test_a_pause_of_the_coordinator_is_no_silence_of_workers() -> None:
    """After a suspended machine wakes up nobody is blamed."""
    rig = Rig()
    rig.start()
    rig.pass_time(1, ticking=(0, 1))
    rig.now += 3600
    assert rig.control.on_clock(rig.now) == []


def test_the_first_interrupt_stops_gracefully_and_the_second_at_once() -> None:
    """Ctrl-C gives iterations half a second; again kills; both leave the marks for exit code 130."""
    rig = Rig()
    rig.start()
    actions = rig.control.on_interrupt(rig.now)
    stops = [a.message for a in actions if isinstance(a, Send)]
    assert stops == [m.Stop("interrupted", c.INTERRUPT_GRACE)] * 2
    assert not rig.control.ended
    actions = rig.control.on_interrupt(rig.now)
    assert [a.index for a in actions if isinstance(a, Kill)] == [0, 1]
    assert rig.control.ended
    assert rig.control.interrupts == 2


def test_an_interrupt_before_the_start_just_leaves() -> None:
    """Nothing has run: workers that are ready exit, one that still loads is killed."""
    rig = Rig()
    rig.say(0, m.Ready(0, 1))
    actions = rig.control.on_interrupt(rig.now)
    assert sent(actions, m.Exit) == [0]
    assert [a.index for a in actions if isinstance(a, Kill)] == [1]


def test_teardown_still_runs_after_an_interrupt() -> None:
    """The graceful way out includes teardown."""
    rig = Rig(1)
    rig.start()
    rig.control.on_interrupt(rig.now)
    assert sent(rig.say(0, m.AllDone(0)), m.DoTeardown) == [0]


def test_a_worker_that_ignores_stop_is_killed() -> None:
    """A run always ends: grace and slack over, the worker goes by force and counts as lost."""
    rig = Rig(1, grace=2.0)
    rig.start()
    rig.control.on_stop("threshold", rig.now, grace=None)
    actions = rig.pass_time(2.0 + c.STOP_SLACK + 1, ticking=(0,))
    assert [a.index for a in actions if isinstance(a, Kill)] == [0]
    assert rig.control.ended


def test_a_script_that_cannot_load_ends_the_run_before_it_starts() -> None:
    """The text for people is kept, nothing starts, all leave."""
    rig = Rig()
    rig.say(0, m.Ready(0, 1))
    actions = rig.say(1, m.ScriptFailed(1, "load", "loadtest.py:3: no module named 'x'"))
    assert rig.control.script_error == ("load", "loadtest.py:3: no module named 'x'")
    assert sent(actions, m.Exit) == [0]
    assert rig.control.start_at is None


def test_loading_has_a_time_limit() -> None:
    """A word after a while, an error after long: a run always ends."""
    rig = Rig(1)
    assert "still loading" in notices(rig.pass_time(c.SLOW_START + 1))
    actions = rig.pass_time(c.START_TIMEOUT)
    assert {a.index for a in actions if isinstance(a, Kill)} == {0}
    assert rig.control.script_error is not None


def test_setup_has_a_time_limit() -> None:
    """A setup that never returns is an error of the test, with the name of the option."""
    rig = Rig(1, setup_timeout=5.0)
    rig.say(0, m.Ready(0, 1))
    actions = rig.pass_time(6 + c.TIMEOUT_SLACK)
    assert sent(actions, m.Exit) == [0]
    assert rig.control.script_error is not None
    assert "setup_timeout" in rig.control.script_error[1]


def test_a_worker_that_dies_while_loading_is_a_broken_script() -> None:
    """Death before the start is told as such, not as a lost worker."""
    rig = Rig()
    rig.control.on_gone(1, "killed by SIGSEGV", rig.now)
    assert rig.control.script_error is not None
    assert "SIGSEGV" in rig.control.script_error[1]
    assert rig.control.lost == []


def test_teardown_has_a_time_limit() -> None:
    """A teardown that never returns is reported and left."""
    rig = Rig(1, teardown_timeout=5.0)
    rig.start()
    rig.say(0, m.AllDone(0))
    actions = rig.pass_time(6 + c.TIMEOUT_SLACK)
    assert "teardown took longer" in notices(actions)
    assert sent(actions, m.Exit) == [0]


def test_workers_that_do_not_exit_are_killed() -> None:
    """Exit is a request; after a while it is force."""
    rig = Rig(1)
    rig.start()
    rig.say(0, m.AllDone(0))
    rig.say(0, m.TeardownDone())
    actions = rig.pass_time(c.EXIT_SLACK + 1)
    assert [a.index for a in actions if isinstance(a, Kill)] == [0]
    assert rig.control.ended


def test_rendezvous_users_are_released_at_one_moment() -> None:
    """Workers with waiting users get the same absolute time."""
    rig = Rig()
    rig.start()
    rig.say(0, m.RendezvousWaiting(0, "slot", 2, 1))
    actions = rig.say(1, m.RendezvousWaiting(1, "slot", 2, 1))
    assert actions == [
        Send(0, m.Release("slot", rig.now + c.RELEASE_DELAY, 1)),
        Send(1, m.Release("slot", rig.now + c.RELEASE_DELAY, 1)),
    ]


def test_the_test_may_end_the_run() -> None:
    """AbortRequested stops all workers and leaves its reason."""
    rig = Rig()
    rig.start()
    actions = rig.say(1, m.AbortRequested(1, "stock is empty"))
    assert sent(actions, m.Stop) == [0, 1]
    assert rig.control.stop_reason == "the test ended the run: stock is empty"


def test_the_test_may_end_its_load_as_planned() -> None:
    """A regular end: the users get the plan's grace, its reason is kept, and nothing counts as aborted."""
    rig = Rig(1)
    rig.start()
    rig.pass_time(2.0, [0])
    actions = rig.say(0, m.EndRequested(0, "no rows left"))
    [stop] = [a.message for a in actions if isinstance(a, Send) and isinstance(a.message, m.Stop)]
    assert stop.grace is None
    assert (rig.control.end_reason, rig.control.stop_reason) == ("no rows left", "")
    assert rig.control.stopped_at == rig.now
    assert rig.say(0, m.EndRequested(0, "again")) == []
    assert rig.control.end_reason == "no rows left"
