"""catch_response: the test has the last word."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from swell.http.catch import CaughtResponse
from swell.http.response import Response
from swell.http.session import Session
from tests.http.conftest import Net, answer

PAGES = {"/ok": answer(b"[1]"), "/bad": answer(b"oops", "500 Server Error")}


class Steered(Exception):
    steers_user = True


def run(net: Net, user: Any) -> list[tuple[str, str, str | None]]:
    """Run and give (status, expected_response, error) of each record."""

    def twice(session: Session) -> None:
        session.get("/ok", name="warm")
        net.ledger.rows.clear()
        user(session)

    net.run(twice, net.pages(PAGES))
    return [(tags["status"], tags["expected_response"], tags.get("error")) for tags in net.ledger.requests]


def caught(session: Session, path: str) -> CaughtResponse:
    response = session.get(path, catch_response=True)
    assert isinstance(response, CaughtResponse)
    return response


def test_without_a_word_the_status_decides(net: Net) -> None:
    """Both ways."""

    def user(session: Session) -> None:
        for path in PAGES:
            with caught(session, path):
                assert net.ledger.rows == [] or path == "/bad"

    assert run(net, user) == [("200", "true", None), ("500", "false", None)]


def test_the_last_word_wins(net: Net) -> None:
    """success() and failure() override the status, and each other."""

    def user(session: Session) -> None:
        with caught(session, "/bad") as response:
            response.success()
        with caught(session, "/ok") as response:
            response.failure("no")
        with caught(session, "/ok") as response:
            response.failure("no")
            response.success()
            assert response.error is None
        with caught(session, "/bad") as response:
            response.success()
            response.failure(ValueError("wrong sum"))
            assert isinstance(response.error, ValueError)

    assert run(net, user) == [
        ("500", "true", None),
        ("200", "false", "failed_check"),
        ("200", "true", None),
        ("500", "false", "failed_check"),
    ]
    assert [(kind, message) for kind, message, _, _ in net.ledger.errors] == [
        ("failed_check", "no"),
        ("failed_check", "ValueError: wrong sum"),
    ]


def test_an_exception_is_a_failure_and_goes_on(net: Net) -> None:
    """Assertions fail the request; exceptions that steer the user, or end it, do not."""

    def user(session: Session) -> None:
        for error, path in (
            (AssertionError("sum"), "/ok"),
            (Steered(), "/ok"),
            (KeyboardInterrupt(), "/ok"),
            (Steered(), "/bad"),
        ):
            with pytest.raises(type(error)), caught(session, path):
                raise error
        with pytest.raises(RuntimeError):
            succeeds_and_raises(session)

    def succeeds_and_raises(session: Session) -> None:
        with caught(session, "/bad") as response:
            response.success()
            raise RuntimeError

    assert run(net, user) == [
        ("200", "false", "failed_check"),
        ("200", "true", None),
        ("200", "true", None),
        ("500", "false", None),
        ("500", "true", None),
    ]
    assert net.ledger.errors[0][1] == "AssertionError: sum"


def test_time_in_the_block_is_not_counted(net: Net) -> None:
    """The record has the times of the response."""

    def user(session: Session) -> None:
        with caught(session, "/ok") as response:
            row = response.row
            net.hub.sleep(0.05)
        assert response.row[1:] == row[1:]
        assert net.ledger.rows[0][1:] == row[1:]

    run(net, user)


def test_leaving_the_block_early(net: Net) -> None:
    """A return in the block is fine."""

    def user(session: Session) -> int:
        with caught(session, "/ok") as response:
            return response.status_code

    assert run(net, user) == [("200", "true", None)]


def test_a_response_that_was_never_entered_is_recorded_all_the_same(net: Net) -> None:
    """catch_response without `with`: counted by its status when it is dropped, once."""

    def user(session: Session) -> None:
        response = caught(session, "/bad")
        assert net.ledger.rows == []
        del response
        gc.collect()
        assert len(net.ledger.rows) == 1

    assert run(net, user) == [("500", "false", None)]


def test_the_hook_sees_caught_responses_too(net: Net) -> None:
    """on_request is called after the block, with what the test decided."""
    seen: list[tuple[int, str]] = []

    def user(session: Session) -> None:
        def hook(response: Response) -> None:
            seen.append((response.status_code, str(response.error)))

        session.on_request = hook
        with caught(session, "/ok") as response:
            response.failure("mine")
            assert seen == []

    run(net, user)
    assert seen == [(200, "mine")]


def test_a_dialects_own_class(net: Net) -> None:
    """caught_type may be derived: what a block's end does is the dialect's."""

    class Own(CaughtResponse):
        def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
            super().__exit__(None, None, None)
            return isinstance(error, ValueError)

    def user(session: Session) -> None:
        session.caught_type = Own
        with session.get("/ok", catch_response=True) as response:
            assert isinstance(response, Own)
            raise ValueError

    assert run(net, user) == [("200", "true", None)]


def test_a_pardon_is_for_one_response_only(net: Net) -> None:
    """A status that one call declared a success, or expected, is a failure again in the next one."""

    def user(session: Session) -> None:
        with caught(session, "/bad") as response:
            response.success()
        session.get("/bad")
        session.get("/bad", expect=500)
        session.get("/bad")

    assert [record[1] for record in run(net, user)] == ["true", "false", "true", "false"]
