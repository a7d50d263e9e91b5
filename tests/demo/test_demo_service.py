"""The demo service, called over loopback: what it answers, and that a seat is sold once."""

from __future__ import annotations

import pytest

from tests.services import at_once


def test_catalogue(serve, call):
    """Health, pages, one show and search answer with what was seeded."""
    caller = call(serve())
    assert caller.get("/health") == {"status": "ok"}
    page = caller.get("/shows?page=15")
    assert (page["page"], page["pages"], len(page["shows"])) == (15, 15, 20)
    assert page["shows"][-1]["id"] == 300
    show = caller.get("/shows/300")
    assert show["free"] == 1_000
    assert {key: show[key] for key in page["shows"][-1]} == page["shows"][-1]
    found = caller.get("/search?q=" + show["title"].upper().replace(" ", "%20"))["shows"]
    assert {hit["title"] for hit in found} == {show["title"]}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nowhere", None, 404),
        ("GET", "/shows?page=0", None, 404),
        ("GET", "/shows?page=two", None, 400),
        ("GET", "/shows/301", None, 404),
        ("GET", "/search", None, 400),
        ("DELETE", "/shows", None, 405),
        ("POST", "/login", {"user": "user1"}, 400),
        ("POST", "/login", {"user": "user1", "password": "wrong"}, 401),
        ("POST", "/login", {"user": "user501", "password": "swell"}, 401),
        ("POST", "/bookings", {"show": 1, "seat": 1}, 401),
        ("GET", "/bookings", None, 401),
    ],
)
def test_bad_requests_are_explained(serve, call, method, path, body, status):
    """A wrong request gets its 4xx and one sentence."""
    got, _, answer = call(serve()).send(method, path, body)
    assert got == status
    assert answer["error"]


def test_forged_token_is_refused(serve, call):
    """A token signed for one user does not open another's account."""
    caller = call(serve(), "user1")
    caller.token = caller.token.replace("user1.", "user2.")
    assert caller.send("GET", "/bookings")[0] == 401


def test_booking(serve, call):
    """A seat is sold, shown to its buyer, counted, and refused to the next."""
    service = serve()
    first, second = call(service, "user1"), call(service, "user2")
    assert first.get("/shows/9/next-seat") == {"seat": 1}
    status, _, booking = first.send("POST", "/bookings", {"show": 9, "seat": 1})
    assert (status, booking["seat"], booking["user"]) == (201, 1, "user1")
    assert second.send("POST", "/bookings", {"show": 9, "seat": 1})[0] == 409
    assert first.get("/bookings")["bookings"] == [booking]
    assert second.get("/bookings")["bookings"] == []
    assert first.get("/shows/9/next-seat") == {"seat": 2}
    assert first.get("/shows/9")["free"] == 999
    assert first.send("POST", "/bookings", {"show": 9, "seat": 1_001})[0] == 404
    assert first.send("POST", "/bookings", {"show": 9, "seat": "1"})[0] == 400
    assert first.get("/audit") == {"bookings": 1, "seats_sold": 1, "oversold": 0}


def _race(service, call, rounds):
    """Eight users book the same seat at one moment, several times; the statuses of each round."""
    callers = [call(service, f"user{number}") for number in range(1, 9)]
    return [at_once([_book(caller, seat) for caller in callers]) for seat in range(1, rounds + 1)]


def _book(caller, seat):
    return lambda: caller.send("POST", "/bookings", {"show": 1, "seat": seat})[0]


def test_a_seat_is_sold_once(serve, call):
    """Of eight simultaneous buyers of one seat exactly one gets it, whatever the round."""
    service = serve()
    for statuses in _race(service, call, 10):
        assert sorted(statuses) == [201] + [409] * 7
    assert call(service).get("/audit") == {"bookings": 10, "seats_sold": 10, "oversold": 0}


def test_oversell(serve, call):
    """With the fault oversell simultaneous buyers get the same seat, and the audit tells."""
    service = serve("oversell")
    sold = [statuses.count(201) for statuses in _race(service, call, 10)]
    audit = call(service).get("/audit")
    assert audit["bookings"] == sum(sold)
    assert audit["oversold"] == sum(count > 1 for count in sold)
    assert audit["oversold"] > 0
