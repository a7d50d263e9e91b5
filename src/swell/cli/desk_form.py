"""The start form of `swell run` as data, and from its values back to options.

Rules: pure. The form begins with what was typed, and what it says then counts. Without a host or a name the typed one
stays. A load of other options (--stage, --iterations) counts until the form asks for another load than was typed.
Values are read by the types of the options, so mistakes are told in the same words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from swell.cli import types
from swell.cli.mistakes import Mistake
from swell.metrics.redaction import redact_text
from swell.model.named_profiles import NAMED_PROFILES
from swell.web.desk import Field

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["command_of", "fields_of", "options_of", "read"]

_USERS = types.whole(1)
# Field -> (option, its type, whether it shapes the load).
_FORM: Mapping[str, tuple[str, click.ParamType[Any] | None, bool]] = {
    "users": ("--users", _USERS, True),
    "spawn_rate": ("--spawn-rate", types.FACTOR, True),
    "duration": ("--duration", types.POSITIVE_DURATION, False),
    "host": ("--host", types.HOST, False),
    "profile": ("--profile", None, True),
    "rate": ("--rate", types.RATE, True),
    "name": ("--name", None, False),
}
_KEPT = frozenset({"host", "name"})
_OTHER_LOADS: Mapping[str, Any] = {"stage": (), "rate_stage": (), "iterations": None}


def fields_of(values: Mapping[str, Any]) -> list[Field]:
    """The fields, with the values of the options that were typed."""
    host = str(values.get("host") or "")
    plain = redact_text(host) == host
    rate, seconds = values.get("rate"), values.get("duration")
    own = "Empty: as the test file says."
    return [
        Field(
            name="users",
            label="Users",
            kind="number",
            value=values.get("users") or "",
            steers=True,
            minimum=1,
            step="1",
            help=own,
        ),
        Field(
            name="spawn_rate",
            label="Spawn rate (users/s)",
            kind="number",
            value=values.get("spawn_rate") or "",
            steers=True,
            minimum=0,
            help="Empty: all at once.",
        ),
        Field(name="duration", label="Duration", value=f"{seconds:g}s" if seconds else "", help="30s, 10m, 1h30m"),
        Field(
            name="host",
            label="Host",
            value=host if plain else "",
            help="Such as http://127.0.0.1:8000" if plain else "Empty: the one that was typed.",
        ),
        Field(
            name="profile",
            label="Load profile",
            value=values.get("profile") or "",
            choices=list(NAMED_PROFILES),
            help="One of the file, or a named one.",
        ),
        Field(
            name="rate",
            label="Arrivals (iterations/s)",
            value=f"{rate:g}/s" if rate else "",
            help="Instead of users. Needs a duration.",
            more=True,
        ),
        Field(name="name", label="Name of the run", value=values.get("name") or "", more=True),
    ]


def read(form: Mapping[str, Any], name: str) -> Any:
    """The value of a field, None if it is empty. Raises Mistake for what cannot be read."""
    text = str(form.get(name, "") or "").strip()
    if not text:
        return None
    kind = _FORM[name][1]
    if kind is None:
        return text
    try:
        return kind.convert(text, None, None)
    except click.BadParameter as error:
        raise Mistake(f"{_FORM[name][0]}: {error.message}") from None


def options_of(form: Mapping[str, Any], typed: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a run: those typed, with what the form says. Raises Mistake."""
    given = {name: read(form, name) for name in _FORM}
    given |= {name: typed.get(name) for name in _KEPT if given[name] is None}
    loads = [name for name, (_, _, is_load) in _FORM.items() if is_load]
    another = any((given[name] or None) != (typed.get(name) or None) for name in loads)
    return {**typed, **(_OTHER_LOADS if another else {}), **given}


def command_of(form: Mapping[str, Any], typed: Mapping[str, Any]) -> list[str]:
    """What the form adds to the command line that was typed, as far as that can be said there."""
    given = options_of(form, typed)
    changed = [name for name in _FORM if given[name] is not None and given[name] != typed.get(name)]
    return [f"{_FORM[name][0]}={str(form[name]).strip()}" for name in changed]
