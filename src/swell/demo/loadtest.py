"""The load test of the demo: people who look around, people who book, and eight who want the same seat.

Rules: written as a user of Swell would write it, with nothing but what `swell` exports, so that it can be copied
as a start. About a quarter of a minute long; every fault of the demo service breaks at least one threshold.
"""

from __future__ import annotations

import random

from swell import HttpUser, arrivals, between, check, rendezvous, task, users

__all__ = ["Buyer", "Rush", "Visitor", "thresholds"]

DURATION = "15s"
SHOWS = 300
RACERS = 8

thresholds = [
    "http_req_failed: rate < 1%",
    "http_req_duration: p(95) < 200ms",
    "http_req_duration{name:/search}: p(95) < 250ms",
    # From the moment a visitor meant to click: a service that freezes shows here, however few clicks it answers.
    "http_req_latency{scenario:Visitor}: p(95) < 300ms",
    "checks{check:every seat is sold once}: rate == 100%",
]


class Visitor(HttpUser):
    """Looks around. Visitors come when they come: an arrival rate, which no slow answer holds back."""

    load = arrivals("120/s", DURATION, initial_users=20, max_users=400)

    @task(5)
    def browse(self) -> None:
        """One page of the list."""
        self.client.get(f"/shows?page={random.randint(1, 15)}", name="/shows")

    @task(4)
    def look(self) -> None:
        """One show."""
        response = self.client.get(f"/shows/{random.randint(1, SHOWS)}", name="/shows/:id")
        check(response, {"a show has free seats": response.ok and response.json()["free"] > 0})

    @task(3)
    def search(self) -> None:
        """A search for a word."""
        self.client.get(f"/search?q={random.choice(['opera', 'tide', 'comedy', 'ghent'])}", name="/search")


class Member(HttpUser):
    """Logs in and books."""

    abstract = True

    def on_start(self) -> None:
        """Log in."""
        credentials = {"user": f"user{random.randint(1, 500)}", "password": "swell"}
        response = self.client.post("/login", json=credentials)
        if response.ok:
            self.client.headers["Authorization"] = "Bearer " + response.json()["token"]

    def book(self, show: int, seat: int) -> bool:
        """Try to book; True if the seat is ours."""
        # A 409 says that somebody else was quicker: an answer, not a failure.
        response = self.client.post("/bookings", json={"show": show, "seat": seat}, expect=(201, 409))
        return response.status_code == 201


class Buyer(Member):
    """Books seats here and there: a number of people, each of whom waits for the answer."""

    load = users(10, DURATION)
    wait_time = between(0.3, 0.7)

    @task(2)
    def buy(self) -> None:
        """Book any seat of any show but the first, which is left to the rush."""
        self.book(random.randint(2, SHOWS), random.randint(1, 1_000))

    @task
    def my_bookings(self) -> None:
        """See what was booked."""
        self.client.get("/bookings")


class Rush(Member):
    """Eight people want the same seat at the same moment. One of them shall get it."""

    # A little shorter than the rest: who still waits for the others at the end waits within the test.
    load = users(RACERS, "13s", graceful_stop="2s")
    wait_time = between(0.1, 0.3)

    @task
    def same_seat(self) -> None:
        """Find the next free seat, wait for the others, book it, look into the books."""
        free = self.client.get("/shows/1/next-seat", name="/shows/:id/next-seat")
        rendezvous("same seat", RACERS, timeout="2s")
        if free.ok and self.book(1, free.json()["seat"]):
            audit = self.client.get("/audit")
            check(audit, {"every seat is sold once": audit.ok and audit.json()["oversold"] == 0})
