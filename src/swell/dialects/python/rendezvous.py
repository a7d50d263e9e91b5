"""Rendezvous: let users meet, then go on together, so that what follows really happens at one moment.

Rules: the engine does the waiting. Here the user's connection is opened first, so that the requests after the
release are not spread by connection set-up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swell.dialects.python.current import virtual_user
from swell.model.units import parse_duration

if TYPE_CHECKING:
    from swell.engine.rendezvous import Released

__all__ = ["rendezvous"]


def rendezvous(name: str, users: int, timeout: str | float | None = 30.0) -> Released:
    """Wait until `users` users of the whole test wait here, then go on with them at one moment.

    After `timeout` (seconds or "10s"; None: no limit) the user goes on alone: the result's `complete` is False then.
    `waited` and `late` (how long after the moment of release this user went on) are seconds.
    """
    user: Any = virtual_user()
    if isinstance(users, bool) or users != int(users) or users < 1:
        raise ValueError(f"rendezvous {name!r}: `users` must be a whole number from 1 up, not {users!r}")
    seconds = None if timeout is None else parse_duration(timeout)
    instance = getattr(user.script, "instance", None)
    client = getattr(instance, "client", None)
    if client is not None and hasattr(client, "warm"):
        client.warm()
    return user.rendezvous(name, int(users), seconds)
