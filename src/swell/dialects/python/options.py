"""What a run may be asked for besides its test file, and the load that these options describe.

Rules: pure; numbers are parsed already (seconds, per second). A load on the command line replaces every load of the
file, shared by all user classes by weight. Raises OptionError where options contradict each other.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import msgspec

from swell.dialects.python.exceptions import OptionError
from swell.dialects.python.loads import Load
from swell.model import profile_builders as build
from swell.model.plan import (
    ArrivalPolicy,
    HttpOptions,
    SharedIterations,
    SteeredUsers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["RunOptions", "checked_host", "given_loads", "http_fields", "load_from_options", "merged_http"]


class RunOptions(msgspec.Struct, frozen=True):
    """The options of one run. Durations in seconds, rates per second; None or empty: not given.

    `stages` and `rate_stages` are (duration, target) pairs; with them `users` and `rate` are where the first line
    begins. With a rate, `users` is the most users that may be busy at once. `only`: names of user classes or
    workloads. `include_tags` and `exclude_tags` select tasks; `tags` go on everything measured. `thresholds` come on
    top of those of the file. `require_host` False plans a file without a host (to explain it, not to run it).
    """

    host: str = ""
    users: int | None = None
    spawn_rate: float | None = None
    duration: float | None = None
    stages: tuple[tuple[float, float], ...] = ()
    rate: float | None = None
    rate_stages: tuple[tuple[float, float], ...] = ()
    iterations: int | None = None
    profile: str = ""
    only: tuple[str, ...] = ()
    include_tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    env: dict[str, str] = {}
    thresholds: tuple[str, ...] = ()
    http: HttpOptions = HttpOptions()
    processes: int = 1
    seed: int | None = None
    name: str = ""
    require_host: bool = True


def given_loads(options: RunOptions) -> list[str]:
    """The options given that ask for a load, by name (a duration alone does not)."""
    given = (
        ("--users", options.users is not None),
        ("--spawn-rate", options.spawn_rate is not None),
        *_kinds(options),
    )
    return [name for name, is_given in given if is_given]


def _kinds(options: RunOptions) -> tuple[tuple[str, bool], ...]:
    return (
        ("--stage", bool(options.stages)),
        ("--rate", options.rate is not None and not options.rate_stages),
        ("--rate-stage", bool(options.rate_stages)),
        ("--iterations", options.iterations is not None),
    )


def load_from_options(options: RunOptions) -> Load | None:
    """The load that the options describe, None if they describe none (a duration alone is no load)."""
    kinds = [name for name, given in _kinds(options) if given]
    if len(kinds) > 1:
        raise OptionError(f"{' and '.join(kinds)} describe different kinds of load; give one of them")
    kind = kinds[0] if kinds else "--users" if options.users is not None else ""
    if options.spawn_rate is not None and kind != "--users":
        needs = f"does not go with {kind}" if kind else "needs --users"
        raise OptionError(f"--spawn-rate {needs}")
    if options.users is not None and options.users < (0 if kind == "--stage" else 1):
        raise OptionError(f"--users must be at least 1, not {options.users}")
    try:
        return _load(kind, options)
    except ValueError as error:
        raise OptionError(str(error)) from None


def _load(kind: str, options: RunOptions) -> Load | None:
    match kind:
        case "--stage":
            return Load(build.stages(options.users or 0, options.stages))
        case "--rate-stage":
            profile = build.rate_stages(options.rate or 0.0, options.rate_stages)
            return Load(profile, policy=_policy(options.users))
        case "--rate":
            if options.duration is None:
                raise OptionError("--rate needs --duration: how long shall arrivals come?")
            rate = options.rate or 0.0
            if rate <= 0:
                raise OptionError("--rate must be above 0")
            return Load(build.constant_arrivals(rate, options.duration), policy=_policy(options.users))
        case "--iterations":
            if (options.iterations or 0) < 1:
                raise OptionError(f"--iterations must be at least 1, not {options.iterations}")
            limit = 600.0 if options.duration is None else options.duration
            return Load(SharedIterations(options.users or 1, options.iterations or 1, limit))
        case "--users":
            count = options.users or 1
            rate = math.inf if options.spawn_rate is None else options.spawn_rate
            if not rate > 0:
                raise OptionError("--spawn-rate must be above 0 users per second")
            if options.duration is None:
                return Load(SteeredUsers(count, rate, None))
            return Load(build.ramp_users(count, rate, options.duration))
        case _:
            return None


def _policy(max_users: int | None) -> ArrivalPolicy:
    return ArrivalPolicy() if max_users is None else ArrivalPolicy(max_users=max_users)


def http_fields(own: Mapping[str, Any]) -> dict[str, Any]:
    """HTTP options of a user class, checked. `expected_statuses` may hold single statuses beside (first, last).

    Raises ValueError for options that do not exist and for values that are none.
    """
    known = [field.name for field in msgspec.structs.fields(HttpOptions)]
    fields = dict(own)
    for name in fields:
        if name not in known:
            raise ValueError(f"there is no {name!r}; known: {', '.join(known)}")
    statuses = fields.get("expected_statuses")
    if isinstance(statuses, (list, tuple)):
        listed = cast("Sequence[Any]", statuses)
        fields["expected_statuses"] = [(one, one) if isinstance(one, int) else one for one in listed]
    try:
        made = msgspec.convert(fields, HttpOptions)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
    return {name: getattr(made, name) for name in fields}


def merged_http(options: HttpOptions, own: Mapping[str, Any]) -> HttpOptions:
    """The options of a run, with those of a user class (`own`) where the run leaves the default."""
    default = HttpOptions()
    changes = {
        name: value for name, value in http_fields(own).items() if getattr(options, name) == getattr(default, name)
    }
    return msgspec.structs.replace(options, **changes)


def checked_host(host: str, where: str) -> str:
    """The base URL as it came. Raises OptionError when it is none; `where` says what to correct."""
    text = host.strip()
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise OptionError(f"{where}: {host!r} has no scheme; write http://{text} or https://{text}")
    if scheme.lower() not in {"http", "https"} or not rest.strip("/"):
        raise OptionError(f"{where}: {host!r} is no base URL; write something like https://example.org")
    return text
