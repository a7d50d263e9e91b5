"""Gets, as fast as it goes, under sixty names: tables and series as a real test has them."""

from __future__ import annotations

import itertools

from swell import HttpUser, task


class Reader(HttpUser):
    """One connection."""

    def on_start(self) -> None:
        self.names = itertools.cycle([f"/endpoint/{number}" for number in range(60)])

    @task
    def read(self) -> None:
        """One request."""
        self.client.get("/", name=next(self.names))
