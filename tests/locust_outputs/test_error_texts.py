"""The texts of failures."""

from __future__ import annotations

import pytest

from swell.dialects.locust.stats_errors import StatsError, error_text


@pytest.mark.parametrize(
    ("kind", "message", "text"),
    [
        (
            "refused",
            "ConnectionRefusedError(111, 'Connection refused')",
            "ConnectionRefusedError(111, 'Connection refused')",
        ),
        ("refused", "127.0.0.1:1 refused the connection", "ConnectionRefusedError(111, 'Connection refused')"),
        ("http_404", "status 404 Not Found was not expected", "HTTPError('404 Client Error: Not Found for url: /x')"),
        ("http_503", "status 503 Busy was not expected", "HTTPError('503 Server Error: Busy for url: /x')"),
        ("http_404", "LocustBadStatusCode(code=404)", "LocustBadStatusCode(code=404)"),
        ("failed_check", "CatchResponseError('bad')", "CatchResponseError('bad')"),
        ("failed_check", "just text", "just text"),
        ("total_timeout", "timed out", "ReadTimeout('timed out')"),
        ("malformed", "not HTTP", "ConnectionError('not HTTP')"),
    ],
)
def test_error_text(kind: str, message: str, text: str) -> None:
    """What is in Locust's form stays; the HTTP client's own words become Locust's."""
    assert error_text(kind, message, "/x") == text


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ("CatchResponseError('bad')", "bad"),
        ("CatchResponseError(\"not 'good', no\")", "not 'good', no"),
        ("CatchResponseError('cut o...", "CatchResponseError('cut o..."),
        ("CatchResponseError(no literal)", "no literal"),
        (ValueError("v"), "ValueError('v')"),
        ("plain", "plain"),
    ],
)
def test_the_error_report_unwraps_failed_checks(error: Exception | str, shown: str) -> None:
    """The text given to `failure()` stands alone in the error report."""
    assert StatsError("GET", "/x", error).to_name() == f"GET /x: {shown}"


def test_addresses_are_hidden() -> None:
    """Errors that differ by the address of an object are one."""
    one, other = (f"Oops(<Thing object at 0x7f{number}>)" for number in (1, 2))
    assert StatsError.parse_error(one) == "Oops(<Thing object at 0x....>)"
    assert StatsError.create_key("GET", "/", one) == StatsError.create_key("GET", "/", other)


def test_through_plain_data() -> None:
    """An error survives serialisation."""
    error = StatsError("GET", "/", ValueError("x"), 3, 1.0, 2.0)
    assert StatsError.unserialize(error.serialize()).to_dict() == error.to_dict()
    error.occurred()
    assert error.occurrences == 4
    assert error.first_seen == 1.0
