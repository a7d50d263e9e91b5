"""What user code may do wrong, and that the worker survives it."""

from __future__ import annotations

import contextlib

import pytest

from swell.engine.messages import AbortRequested, ScriptFailed, TeardownDone
from swell.engine.script import UserKilled
from swell.engine.tracebacks import user_traceback
from swell.metrics.tags import EMPTY
from swell.model.plan import Stage, UserStages

from .conftest import FakeProgram, plan_of, plan_with, run_virtual


def one_user(seconds: float) -> UserStages:
    return UserStages(stages=(Stage(seconds, 1),), start=1)


def test_setup_failure_is_told() -> None:
    """A setup that raises ends before any user starts, with the text of the error."""

    def setup():
        raise ConnectionError("no database")

    program = FakeProgram(lambda user: None, setup=setup)
    outcome = run_virtual(plan_of(one_user(5.0)), program)
    failed = [each for each in outcome.sent if isinstance(each, ScriptFailed)]
    assert failed[0].phase == "setup"
    assert "no database" in failed[0].text
    assert not program.started


def test_setup_that_hangs_is_ended() -> None:
    """A setup longer than its limit is ended and reported with the limit."""
    hubs = []

    class Hanging(FakeProgram):
        def start_worker(self, context):
            hubs.append(context.hub)

    program = Hanging(lambda user: None, setup=lambda: hubs[0].sleep(1e5))
    outcome = run_virtual(plan_with(*plan_of(one_user(5.0)).workloads, setup_timeout=20.0), program)
    failed = [each for each in outcome.sent if isinstance(each, ScriptFailed)]
    assert "longer than 20 s" in failed[0].text


def test_system_exit_in_teardown_is_an_error_not_the_end() -> None:
    """sys.exit() in teardown is reported like any error."""

    class Leaving(FakeProgram):
        def teardown(self, context):
            raise SystemExit(3)

    outcome = run_virtual(plan_of(one_user(1.0)), Leaving(lambda user: user.hub.sleep(0.5)))
    done = [each for each in outcome.sent if isinstance(each, TeardownDone)]
    assert "SystemExit" in done[0].error


def test_abort_is_requested_once_per_user() -> None:
    """A user that aborts the run ends itself and tells the coordinator why."""
    outcome = run_virtual(plan_of(one_user(50.0)), FakeProgram(lambda user: user.abort("the basket is empty")))
    aborts = [each for each in outcome.sent if isinstance(each, AbortRequested)]
    assert [each.reason for each in aborts] == ["the basket is empty"]


def test_exit_in_a_task_ends_the_run_in_good_order() -> None:
    """`sys.exit()` in user code asks for the end of the run, with the place; the worker goes on to its teardown."""

    def leave(user):
        raise SystemExit(3)

    outcome = run_virtual(plan_of(one_user(50.0)), FakeProgram(leave))
    (asked,) = [each for each in outcome.sent if isinstance(each, AbortRequested)]
    assert asked.reason.startswith("the test called sys.exit(3) (")
    assert asked.reason.rstrip(")").rpartition(":")[2].isdecimal()
    assert any(isinstance(each, TeardownDone) for each in outcome.sent)


def test_swallowed_kill_does_not_hang() -> None:
    """A task that catches everything, even the kill, is given up after a few tries."""

    def iterate(user):
        while True:
            with contextlib.suppress(UserKilled):
                user.hub.sleep(1e6)

    outcome = run_virtual(plan_of(one_user(2.0), graceful_stop=3.0), FakeProgram(iterate))
    assert outcome.ended == pytest.approx(8.0, abs=1.0)


def test_on_stop_that_hangs_is_cut() -> None:
    """on_stop gets the grace of the stop, then it is killed too."""
    program = FakeProgram(lambda user: user.hub.sleep(0.5), on_stop=lambda user: user.hub.sleep(1e6))
    outcome = run_virtual(plan_of(one_user(2.0), graceful_stop=4.0), program)
    assert outcome.ended == pytest.approx(6.0, abs=0.6)


def test_wait_time_error_is_counted() -> None:
    """A wait_time that raises is a script error and ends its user."""

    class Broken(FakeProgram):
        def new_user(self, behaviour, user):
            script = super().new_user(behaviour, user)
            script.pause = lambda: 1 / 0
            return script

    outcome = run_virtual(plan_of(one_user(5.0)), Broken(lambda user: user.hub.sleep(0.1)))
    assert outcome.count("script_errors") == 1
    assert outcome.count("iterations") == 1


def test_traceback_shows_user_frames_only() -> None:
    """The traceback of user code has the user's lines, and none of this package."""
    source = compile("def broken():\n    return {}['key']\n", "/home/someone/loadtest.py", "exec")
    space: dict = {}
    exec(source, space)
    errors = []

    def iterate(user):
        try:
            space["broken"]()
        except KeyError as error:
            errors.append(error)
            raise

    run_virtual(plan_of(one_user(0.5)), FakeProgram(iterate, pause=1.0))
    text = user_traceback(errors[0])
    assert "/home/someone/loadtest.py" in text
    assert "line 2" in text
    assert "swell/engine" not in text
    assert text.endswith("KeyError: 'key'")


def test_same_seed_same_numbers() -> None:
    """With a seed each user draws the same numbers on every run; without one it does not."""

    def draw(seed):
        drawn = []
        run_virtual(
            plan_with(*plan_of(one_user(1.0)).workloads, seed=seed),
            FakeProgram(lambda user: drawn.append(user.random.random()), pause=0.3),
        )
        return drawn

    assert draw(7) == draw(7)
    assert draw(7) != draw(8)
    assert draw(None) != draw(None)


def test_setup_and_teardown_are_measured() -> None:
    """Samples of setup and of teardown reach the store like any other."""
    contexts = []

    class Measuring(FakeProgram):
        def start_worker(self, context):
            contexts.append(context)

        def mark(self, name):
            recorder = contexts[0].recorder
            recorder.add_sample((recorder.series(name, "counter", EMPTY), contexts[0].hub.time(), 1.0))

        def teardown(self, context):
            self.mark("after")

    program = Measuring(lambda user: user.hub.sleep(0.5), setup=lambda: program.mark("before"))
    outcome = run_virtual(plan_of(one_user(2.0)), program)
    assert outcome.count("before") == 1
    assert outcome.count("after") == 1
