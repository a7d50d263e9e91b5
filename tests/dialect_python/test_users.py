"""Users at work on virtual time: from on_start to on_stop, tasks by weight, waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Journal, Rehearsal


def test_life_of_a_user(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """on_start once, tasks with waits between them, on_stop once; each task is one iteration."""
    run = rehearse(
        """
        from journal import note
        import time

        class Visitor(User):
            wait_time = constant(2)
            load = users(1, 7)

            def on_start(self):
                note(("start", self.vu.id))

            @task
            def visit(self):
                note("visit")
                time.sleep(1)

            def on_stop(self):
                note("stop")
        """
    )
    assert journal.log == [(0, ("start", 1)), (0, "visit"), (3, "visit"), (6, "visit"), (7, "stop")]
    assert run.count("iterations") == 3


def test_choice_follows_weights(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """Tasks are drawn by weight, with the seed of the plan, independently each time."""
    text = """
        from journal import note

        class Visitor(User):
            wait_time = constant(0.01)
            load = users(1, 10)

            @task(3)
            def often(self):
                note("often")

            @task
            def rarely(self):
                note("rarely")
        """
    rehearse(text, seed=7)
    first = journal.what
    assert first.count("often") / len(first) == pytest.approx(0.75, abs=0.05)
    assert ["rarely", "rarely"] in [first[n : n + 2] for n in range(len(first))]
    journal.log.clear()
    rehearse(text, seed=7)
    assert journal.what == first


def test_stop_method(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """User.stop() ends the user after its task."""
    rehearse(
        """
        from journal import note

        class Visitor(User):
            load = users(1, 5)

            @task
            def visit(self):
                self.stop()
                note("end of task")
        """
    )
    assert journal.what == ["end of task"]


def test_init_without_super(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """A subclass with an __init__ of its own has its environment and data, calling ours or not."""
    rehearse(
        """
        from journal import note

        @setup
        def prepare():
            return {"key": 1}

        class Careless(User):
            load = iterations(1)

            def __init__(self, environment):
                self.own = 5

            @task
            def visit(self):
                note((self.own, self.data["key"], self.environment.worker_count))

        class Careful(User):
            load = iterations(1)

            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.own = 6

            @task
            def visit(self):
                note((self.own, self.data["key"], self.environment.worker_count))
        """
    )
    assert sorted(journal.what) == [(5, 1, 1), (6, 1, 1)]


def test_pacing_counts_on_start(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """constant_pacing of a user counts from its making, on_start included; of a set from entering it."""
    rehearse(
        """
        from journal import note
        import time

        class Visitor(User):
            wait_time = constant_pacing(10)
            load = users(1, 25)

            def on_start(self):
                time.sleep(4)

            @task
            def visit(self):
                note("visit")
                time.sleep(1)
        """
    )
    assert journal.log == [(4, "visit"), (10, "visit"), (20, "visit")]
