"""Sequences of tasks, and how much of a set one arrival runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Journal, Rehearsal


def test_sequence_keeps_its_place(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """A sequence goes round and round, in order, whatever errors its tasks raise."""
    rehearse(
        """
        from journal import note

        class Steps(SequentialTaskSet):
            @task
            def a(self):
                note("a")

            @task(2)
            def b(self):
                note("b")
                raise ValueError

        class Visitor(User):
            tasks = [Steps]
            load = iterations(7)
        """
    )
    assert journal.what == ["a", "b", "b", "a", "b", "b", "a"]


def test_arrivals_run_whole_sequences(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """With arrivals, one arrival is one pass through a sequence, with its waits, and one iteration."""
    run = rehearse(
        """
        from journal import note

        class Journey(SequentialTaskSet):
            wait_time = constant(0.1)

            def on_start(self):
                note("enter")

            @task
            def a(self):
                note("a")

            @task
            def b(self):
                note("b")

            def on_stop(self):
                note("leave")

        class Visitor(User):
            tasks = [Journey]
            load = arrivals(1, 3)
        """
    )
    assert journal.log == [
        (at + shift, what) for at in (0, 1, 2) for shift, what in ((0, "enter"), (0, "a"), (0.1, "b"), (0.1, "leave"))
    ]
    assert run.count("iterations") == 3
    assert run.store.aggregate("iteration_duration", {}).max == pytest.approx(100)


def test_failed_journey_starts_anew(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """With arrivals, an error ends the journey; the next arrival begins at the first step."""
    run = rehearse(
        """
        from journal import note

        class Journey(SequentialTaskSet):
            @task
            def a(self):
                note("a")

            @task
            def b(self):
                note("b")
                raise ValueError("b")

            @task
            def c(self):
                note("c")

        class Visitor(User):
            tasks = [Journey]
            load = arrivals(1, 2)
        """
    )
    assert journal.what == ["a", "b", "a", "b"]
    assert run.count("iterations") == 2


def test_arrivals_in_plain_sets(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """With arrivals, a plain set takes one task per arrival, so that a set without an end holds no user for ever."""
    run = rehearse(
        """
        from journal import note

        class Shop(TaskSet):
            @task
            def look(self):
                note("look")

        class Visitor(User):
            tasks = [Shop]
            load = arrivals(2, 2)
        """
    )
    assert journal.what == ["look"] * 4
    assert run.count("dropped_iterations") == 0
