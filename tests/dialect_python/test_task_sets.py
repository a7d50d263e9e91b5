"""Users in task sets: going in and out, waits, and a rule of their own for the next task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Journal, Rehearsal


def test_task_forms(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """Methods and plain functions on a user get the user; in a set they get the set."""
    rehearse(
        """
        from journal import note

        def plain(holder):
            note(type(holder).__name__)

        class Inner(TaskSet):
            tasks = [plain]

            def on_start(self):
                note((type(self.parent).__name__, self.user is self.parent))
                self.schedule_task(self.bound)
                self.schedule_task(plain, first=True)

            def bound(self):
                note("bound")
                self.interrupt()

        class Visitor(User):
            tasks = [Inner]
            wait_time = constant(10)
            load = iterations(2)
        """
    )
    assert journal.what == [("Visitor", True), "Inner", "bound"]


def test_nested_sets(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """A user stays in a set until it interrupts; sets have on_start, on_stop and wait times of their own."""
    rehearse(
        """
        from journal import note

        class Visitor(User):
            wait_time = constant(10)
            load = iterations(6)

            @task
            class Outer(SequentialTaskSet):
                wait_time = constant(3)

                def on_start(self):
                    note("enter outer")

                def on_stop(self):
                    note("leave outer")

                @task
                def first(self):
                    note("first")

                @task
                class Inner(SequentialTaskSet):
                    def on_start(self):
                        note("enter inner")

                    def on_stop(self):
                        note("leave inner")

                    @task
                    def a(self):
                        note("a")

                    @task
                    def b(self):
                        note("b")
                        self.interrupt(reschedule=False)

                @task
                def last(self):
                    note("last")
                    self.interrupt()
        """
    )
    assert journal.log[:12] == [
        (0, "enter outer"),
        (0, "first"),
        (3, "enter inner"),
        (3, "a"),  # then the user's wait: the inner set has none of its own
        (13, "b"),
        (13, "leave inner"),  # not rescheduled: the outer set waits
        (16, "last"),
        (16, "leave outer"),  # rescheduled: no wait
        (16, "enter outer"),
        (16, "first"),
        (19, "enter inner"),
        (19, "a"),
    ]
    assert journal.what[12:] == ["leave inner", "leave outer"]  # no iteration is left


def test_interrupt_in_on_start(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """A set that interrupts in its on_start is left at once, without on_stop."""
    rehearse(
        """
        from journal import note

        class Visitor(User):
            wait_time = constant(5)
            load = iterations(4)

            @task
            class Closed(TaskSet):
                def on_start(self):
                    note("closed")
                    self.interrupt(reschedule=len(__import__("journal").log) != 2)

                def on_stop(self):
                    note("never")

                @task
                def inside(self):
                    note("never")
        """
    )
    assert journal.log == [(0, "closed"), (0, "closed"), (5, "closed"), (5, "closed")]


def test_stop_while_in_a_set(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """The end of the load is honoured between the tasks of a set and in its waits."""
    run = rehearse(
        """
        from journal import note

        class Visitor(User):
            load = users(1, 10)

            @task
            class Shop(TaskSet):
                wait_time = constant(4)

                @task
                def look(self):
                    note("look")

                def on_stop(self):
                    note("leave")
        """
    )
    assert journal.log == [(0, "look"), (4, "look"), (8, "look"), (10, "leave")]
    assert run.ended == pytest.approx(10)


def test_own_rule_for_the_next_task(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """A set may override get_next_task, as sets with transitions do."""
    rehearse(
        """
        from journal import note

        class Turns(TaskSet):
            turn = 0

            @task
            def a(self):
                note("a")

            @task
            def b(self):
                note("b")

            def get_next_task(self):
                self.turn += 1
                return self.tasks[self.turn % 2]

        class Visitor(User):
            tasks = [Turns]
            load = iterations(3)
        """
    )
    assert journal.what == ["b", "a", "b"]
