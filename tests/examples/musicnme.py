"""The Music 'n Me target for its tests: served, and called by its seeded accounts."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tests.examples import conftest
from tests.services import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pytest

EVENTS = "/api/calendar/events"
SLOTS = "/api/hybrid/slots"
BOOKINGS = "/api/hybrid/bookings"
MUSICNME: Path = conftest.EXAMPLES / "musicnme"


class Account(Caller):
    """A caller who has signed in; `user` is what the target says of them."""

    user: dict[str, Any]


class MusicNMe(conftest.Target):
    folder = MUSICNME

    def signed_in(self, name: str, school: int = 1) -> Account:
        """A caller with the token of a seeded account: admin, teacher1 to teacher10, parent1 to parent150."""
        account = self._callers.enter_context(contextlib.closing(Account(self.service)))
        login = {"email": f"{name}@school-{school}.musicnme.test", "password": "load-test"}
        status, _, body = account.send("POST", "/api/auth/login", login)
        assert status == 200, body
        account.token, account.user = body["accessToken"], body["user"]
        return account


def serve_musicnme(
    folder: Path, *options: str, env: Mapping[str, str] | None = None
) -> contextlib.AbstractContextManager[MusicNMe]:
    """Serve it with options and variables, as `conftest.run_target`."""
    return conftest.run_target(MusicNMe, folder, *options, env=env)


def serve_kind(
    kind: str, request: pytest.FixtureRequest, folder: Path, *options: str
) -> contextlib.AbstractContextManager[MusicNMe]:
    """Serve it on its embedded default, or else on the tests' PostgreSQL and Redis, which keeps its rows."""
    if kind == "embedded":
        return serve_musicnme(folder, *options)
    url = request.getfixturevalue("postgres_url")
    env = {
        "DATABASE_URL": conftest._database(url, "_".join(["musicnme", *options]).replace("-", "")),
        "REDIS_URL": request.getfixturevalue("redis_url"),
    }
    return serve_musicnme(folder, *options, env=env)


def serve_healthy(request: pytest.FixtureRequest, factory: pytest.TempPathFactory) -> Iterator[MusicNMe]:
    """For a fixture: the healthy target on what the fixture's parameter says."""
    with serve_kind(request.param, request, factory.mktemp("musicnme")) as target:
        yield target
