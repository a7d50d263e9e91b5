"""Setup, teardown and events of a whole test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from swell import EventHook
from swell.dialects.python.exceptions import TestFileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.dialects.python.program import PythonProgram

    from .conftest import Journal, Rehearsal

VISITOR = """
        class Visitor(User):
            load = users(3, 0.5)
            wait_time = constant(1)

            @task
            def visit(self):
                note(self.data)
"""


def test_order_of_a_run(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """init, test_start, setup, users with setup's data, teardown with it, test_stop."""
    rehearse(
        """
        from journal import note

        @events.init.add_listener
        def on_init(environment, **others):
            note("init")

        @events.test_start.add_listener
        def on_start(environment, **others):
            note("test_start")

        @setup
        def prepare():
            note("setup")
            return {"token": 7}

        @teardown
        def clean(data, environment):
            note(("teardown", data, environment.worker_index))

        @events.test_stop.add_listener
        def on_stop(environment, **others):
            note("test_stop")
        """
        + VISITOR
    )
    assert journal.what == [
        "init",
        "test_start",
        "setup",
        *[{"token": 7}] * 3,
        ("teardown", {"token": 7}, 0),
        "test_stop",
    ]


def test_setup_runs_once_for_all_workers(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """Setup runs in the first worker only and its data reaches the users of all; events come in every worker."""
    rehearse(
        """
        from journal import note

        @setup
        def prepare():
            note("setup")
            return "data"

        @events.test_start.add_listener
        def on_start(environment):
            note(("start", environment.worker_index))
        """
        + VISITOR,
        count=3,
    )
    assert sorted(journal.what[:3]) == [("start", 0), ("start", 1), ("start", 2)]
    assert journal.what[3:] == ["setup", "data", "data", "data"]


def test_setup_measures_under_its_group(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """Checks, groups and metrics work in setup, under the group ::setup; sleeping takes its time."""
    run = rehearse(
        """
        from journal import note
        import time
        made = Counter("made")

        @setup
        def prepare(environment):
            time.sleep(0.25)
            made.add()
            check(1, {"one": True})
            with group("inner"):
                made.add()
        """
        + VISITOR
    )
    assert run.count("made") == 2
    assert run.count("made", group="::setup::inner") == 1
    assert run.store.aggregate("checks", {"group": "::setup"}).count == 1


def test_error_in_setup(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """An error in setup keeps the test from running and shows the user's lines only."""
    run = rehearse(
        """
        from journal import note

        @setup
        def prepare():
            raise ConnectionError("no database")
        """
        + VISITOR
    )
    (text,) = run.failures()
    assert "no database" in text
    assert "in prepare" in text
    assert "program.py" not in text
    assert journal.log == []


def test_setup_result_must_travel(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """What cannot be copied to other processes is refused with file and line."""
    run = rehearse(
        """
        from journal import note

        @setup
        def prepare():
            return lambda: 1
        """
        + VISITOR
    )
    (text,) = run.failures()
    assert "load_test.py:" in text
    assert "cannot be copied" in text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("@setup\ndef a(): ...\n@setup\ndef b(): ...", "one @setup function, not a() and b()"),
        ("@setup\ndef a(data): ...", "asks for 'data'; it may ask for client, environment"),
        ("@teardown\ndef a(session): ...", "asks for 'session'"),
    ],
)
def test_bad_phases(write: Callable[..., object], text: str, problem: str) -> None:
    """Two functions for one phase, and arguments that are not to be had, are errors of the file with their line."""
    from swell.dialects.python.loader import load

    with pytest.raises(TestFileError) as caught:
        load(write(text + "\nclass Visitor(User):\n    @task\n    def visit(self): ..."))
    assert problem in str(caught.value)
    assert caught.value.line > 0


def test_listener_errors_do_not_spread(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """An error in a listener is logged, the others still run, and the test goes on."""
    rehearse(
        """
        from journal import note

        @events.test_start.add_listener
        def first(environment):
            raise ValueError

        @events.test_start.add_listener
        def second(environment):
            note("second")
        """
        + VISITOR
    )
    assert journal.what == ["second", None, None, None]


def test_listeners_of_one_load_only(program: Callable[..., PythonProgram], journal: Journal) -> None:
    """Loading a file twice in one process gives each program its own listeners, not one event heard twice."""
    text = """
        @events.test_start.add_listener
        def on_start(environment): ...

        class Visitor(User):
            @task
            def visit(self): ...
        """
    first, second = program(text), program(text)
    assert len(first.scope.events.test_start.listeners) == 1
    assert len(second.scope.events.test_start.listeners) == 1


def test_own_hooks() -> None:
    """A hook of one's own calls listeners in order, may lose some, and tolerates changes while it fires."""
    heard: list[object] = []
    hook = EventHook()

    @hook.add_listener
    def first(**arguments: object) -> None:
        heard.append(("first", arguments))
        hook.remove_listener(first)

    hook.add_listener(lambda **arguments: heard.append(("second", arguments)))
    hook.fire(n=1)
    hook.fire(n=2)
    assert heard == [("first", {"n": 1}), ("second", {"n": 1}), ("second", {"n": 2})]


def test_custom_client_reports(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """Firing events.request records a request of a custom client, failed or not, and calls listeners once each."""
    run = rehearse(
        """
        from journal import note

        @events.request.add_listener
        def on_request(request_type, name, response_time, exception, **others):
            note((request_type, name, round(response_time), str(exception) if exception else None))

        class Visitor(User):
            load = iterations(2)

            @task
            def visit(self):
                failed = self.vu.iteration == 1
                self.environment.events.request.fire(
                    request_type="SQL", name="select", response_time=250, response_length=10,
                    exception=OSError("gone") if failed else None, context={},
                )
                with events.request.measure("SQL", "update") as request:
                    sleep(0.5)
                    request["response_length"] = 7
                    if failed:
                        raise ValueError("bad row")
        """
    )
    assert journal.what == [
        ("SQL", "select", 250, None),
        ("SQL", "update", 500, None),
        ("SQL", "select", 250, "gone"),
        ("SQL", "update", 500, "bad row"),
    ]
    assert run.store.aggregate("http_reqs", {"method": "SQL"}).sum == 4
    assert run.store.aggregate("http_req_duration", {"name": "update"}).max == pytest.approx(500)
    assert run.store.aggregate("http_req_failed", {}).passes == 2
    assert run.count("data_received") == 34
    assert run.errors() == {"gone": 1, "bad row": 1}
