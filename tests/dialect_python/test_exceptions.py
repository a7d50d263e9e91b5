"""What each exception in a test file's code ends, and how errors are counted and told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Journal, Rehearsal


def test_error_in_set_on_start(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """An error in a set's on_start is one of the parent's task; the user waits and goes on."""
    run = rehearse(
        """
        from journal import note

        class Visitor(User):
            wait_time = constant(5)
            load = iterations(2)

            @task
            class Broken(TaskSet):
                def on_start(self):
                    note("enter")
                    raise KeyError("broken")

                def on_stop(self):
                    note("never")

                @task
                def inside(self):
                    note("never")
        """
    )
    assert journal.log == [(0, "enter"), (5, "enter")]
    assert run.errors() == {"KeyError: 'broken'": 2}


@pytest.mark.parametrize(
    ("raised", "times", "counted"),
    [
        ("RescheduleTask()", [0, 5, 10], 0),
        ("RescheduleTaskImmediately()", [0, 0, 0], 0),
        ("InterruptTaskSet()", [0, 0, 0], 0),
        ("InterruptTaskSet(reschedule=False)", [0, 5, 10], 0),
        ("ValueError('no')", [0, 5, 10], 3),
        ("StopUser()", [0], 0),
    ],
)
def test_exceptions_in_tasks(
    rehearse: Callable[..., Rehearsal], journal: Journal, raised: str, times: list[int], counted: int
) -> None:
    """Each exception ends the task in its own way: with or without wait, error, or end of the user."""
    run = rehearse(
        f"""
        from journal import note

        class Visitor(User):
            wait_time = constant(5)
            load = iterations(3)

            @task
            def visit(self):
                note("visit")
                raise {raised}

            def on_stop(self):
                note("stop")
        """
    )
    assert [at for at, what in journal.log if what == "visit"] == times
    assert journal.what[-1] == "stop"
    assert sum(run.errors().values()) == counted


def test_stop_user_leaves_all_sets(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """StopUser in a nested set runs every on_stop from the inside out, and the user is not replaced."""
    rehearse(
        """
        from journal import note

        class Visitor(User):
            load = users(2, 10)

            @task
            class Outer(TaskSet):
                def on_stop(self):
                    note("outer")

                @task
                class Inner(TaskSet):
                    def on_stop(self):
                        note("inner")
                        raise RuntimeError("logged, not fatal")

                    @task
                    def leave(self):
                        raise StopUser

            def on_stop(self):
                note("user")
        """
    )
    assert journal.what == ["inner", "outer", "user"] * 2


@pytest.mark.parametrize(("raised", "expected"), [("StopUser()", ["start", "stop"]), ("OSError('x')", ["start"])])
def test_exceptions_in_on_start(
    rehearse: Callable[..., Rehearsal], journal: Journal, raised: str, expected: list[str]
) -> None:
    """StopUser in on_start runs on_stop; another error ends the user without it and is counted."""
    run = rehearse(
        f"""
        from journal import note

        class Visitor(User):
            load = users(1, 5)

            def on_start(self):
                note("start")
                raise {raised}

            @task
            def visit(self):
                note("visit")

            def on_stop(self):
                note("stop")
        """
    )
    assert journal.what == expected
    assert list(run.errors()) == (["OSError: x"] if expected == ["start"] else [])


def test_abort_ends_the_run(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """abort() in a task asks for the end of the whole run, with its reason, and runs on_stop."""
    run = rehearse(
        """
        from journal import note

        class Visitor(User):
            load = users(1, 5)

            @task
            def visit(self):
                abort("enough")

            def on_stop(self):
                note("stop")
        """
    )
    assert run.aborts() == ["enough"]
    assert journal.what == ["stop"]


def test_user_error_event(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """user_error is fired with the set the task belongs to, the exception and its traceback."""
    rehearse(
        """
        from journal import note

        @events.user_error.add_listener
        def on_error(user_instance, exception, tb):
            note((type(user_instance).__name__, str(exception), tb is not None))

        class Shop(TaskSet):
            @task
            def look(self):
                raise ValueError("in set")

        class Visitor(User):
            load = iterations(1)

            @task
            def visit(self):
                raise ValueError("in user")

        class Shopper(User):
            tasks = [Shop]
            load = iterations(1)
        """
    )
    assert sorted(journal.what) == [("DefaultTaskSet", "in user", True), ("Shop", "in set", True)]


def test_traceback_shows_user_code_only(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """The example kept of an error in a task has the user's frames and none of ours."""
    run = rehearse(
        """
        class Visitor(User):
            load = iterations(1)

            @task
            def visit(self):
                helper()

        def helper():
            raise ValueError("deep")
        """
    )
    (group,) = run.store.errors()
    text: Any = (group.example or {})["traceback"]
    assert "in visit" in text
    assert "in helper" in text
    assert "script.py" not in text
