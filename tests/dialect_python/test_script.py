"""Users at work on virtual time: tasks, waits, task sets, and what each exception does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
