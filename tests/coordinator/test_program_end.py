"""A test that says itself that it is over, and the coordinator's side of a program."""

from __future__ import annotations

from swell.coordinator.actions import Send
from swell.coordinator.control import Phase
from swell.engine import messages as m
from tests.coordinator.test_control import Rig, sent


def test_a_program_ends_the_test_regularly() -> None:
    """EndRequested stops all workers with the plan's own grace and its reason; it is no abort."""
    rig = Rig()
    rig.start()
    actions = rig.say(1, m.EndRequested(1, "the shape is over"))
    stops = [a.message for a in actions if isinstance(a, Send) and isinstance(a.message, m.Stop)]
    assert sent(actions, m.Stop) == [0, 1]
    assert stops[0] == m.Stop("the shape is over", None)
    assert rig.control.phase is Phase.STOPPING


def test_an_end_before_the_start_comes_right_after_it() -> None:
    """A program that is over before the load begins is started and stopped, so that everything has its order."""
    rig = Rig()
    rig.say(0, m.EndRequested(0, "no need"))
    actions = rig.start()
    assert sent(actions, m.Start) == [0, 1]
    assert sent(actions, m.Stop) == [0, 1]


def test_a_partial_tick_is_no_second() -> None:
    """A snapshot of a second that goes on is merged but does not count as a whole second."""
    rig = Rig(1)
    rig.start()
    rig.say(0, m.Tick(0, b"x"))
    rig.say(0, m.Tick(0, b"x", partial=True))
    assert rig.control.whole_seconds == 1


def test_an_interrupt_may_leave_the_grace_to_the_plan() -> None:
    """With interrupt_grace None, Ctrl-C stops the workers with the plan's own grace."""
    rig = Rig(1, interrupt_grace=None)  # type: ignore[arg-type]
    rig.start()
    actions = rig.control.on_interrupt(rig.now)
    assert [a.message for a in actions if isinstance(a, Send)] == [m.Stop("interrupted", None)]
