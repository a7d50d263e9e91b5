"""From a test file and the options of a run to the plan.

Rules: pure. Which load counts: that of the command line, shared by all user classes by weight; else the chosen
profile's; else each class's own, and the classes without one share the file's common load (`load` or a shape). With
none at all, one user of each class runs for 10 seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from swell.dialects.python.exceptions import OptionError
from swell.dialects.python.loads import Load
from swell.dialects.python.options import RunOptions, checked_host, given_loads, load_from_options, merged_http
from swell.dialects.python.shapes import shape_profile
from swell.dialects.python.tasks import filter_tasks
from swell.dialects.python.users import HttpUser, User
from swell.model import profile_builders as build
from swell.model.named_profiles import NAMED_PROFILES, load_profile
from swell.model.plan import HttpOptions, Plan, Share, Source, Workload
from swell.model.threshold import ThresholdError, parse_threshold
from swell.model.threshold_tokens import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from swell.dialects.python.declarations import Declarations, FileProfile

__all__ = ["DEFAULT_DURATION", "make_plan", "selected_users"]

DEFAULT_DURATION = 10.0
"""Seconds of a run for which nobody said how long."""


def make_plan(
    declared: Declarations, source: Source, options: RunOptions, environ: Mapping[str, str] | None = None
) -> Plan:
    """The plan of one run. Raises OptionError for what does not fit the file.

    `environ`: where proxies may be named; it is looked at to say now what would fail every request.
    """
    users = selected_users(declared.users, options)
    profile = _file_profile(declared, options)
    workloads = _only(_workloads(declared, users, profile, options), options.only)
    host = checked_host(options.host, "--host") if options.host else ""
    if options.require_host and not host:
        _require_hosts(users[share.behaviour] for workload in workloads for share in workload.mix)
    _check_http(users.values(), options.http, environ or {})
    thresholds = declared.thresholds
    if profile is not None and profile.thresholds is not None:
        thresholds = profile.thresholds
    source_options = {
        key: ",".join(names)
        for key, names in (("tags", options.include_tags), ("exclude_tags", options.exclude_tags))
        if names
    }
    given = {"setup_timeout": declared.setup_timeout, "teardown_timeout": declared.teardown_timeout}
    limits: dict[str, Any] = {name: seconds for name, seconds in given.items() if seconds is not None}
    return Plan(
        source=msgspec.structs.replace(source, env={**source.env, **options.env}, options=source_options),
        workloads=workloads,
        thresholds=(*thresholds, *(_checked_threshold(text) for text in options.thresholds)),
        host=host,
        duration=options.duration,
        http=options.http,
        processes=options.processes,
        seed=options.seed,
        tags=dict(options.tags),
        name=options.name,
        **limits,
    )


def selected_users(users: Mapping[str, type[User]], options: RunOptions) -> dict[str, type[User]]:
    """The user classes that take part: named by `only` (if that names classes only), with tasks left by the tags."""
    named = [name for name in options.only if name in users]
    if options.only and len(named) == len(options.only):
        users = {name: cls for name, cls in users.items() if name in named}
    left = {
        name: cls for name, cls in users.items() if filter_tasks(cls.tasks, options.include_tags, options.exclude_tags)
    }
    if not left:
        raise OptionError("no task is left by --tags and --exclude-tags")
    return left


def _file_profile(declared: Declarations, options: RunOptions) -> FileProfile | None:
    name = options.profile
    if not name or name in declared.profiles:
        return declared.profiles.get(name)
    if name.strip().lower() not in NAMED_PROFILES:
        own = f"of the file: {', '.join(declared.profiles)}; " if declared.profiles else ""
        hint = nearest(name, [*declared.profiles, *NAMED_PROFILES])
        meant = f". Did you mean {hint!r}?" if hint else ""
        raise OptionError(f"there is no load profile {name!r}; {own}for any file: {', '.join(NAMED_PROFILES)}{meant}")
    return None


def _workloads(
    declared: Declarations, users: Mapping[str, type[User]], profile: FileProfile | None, options: RunOptions
) -> tuple[Workload, ...]:
    if options.profile and profile is None:
        return (_shared(users, _named_load(options)),)
    asked = load_from_options(options)
    if asked is not None:
        if profile is not None and (profile.load is not None or profile.loads is not None):
            raise OptionError(
                f"the profile {options.profile!r} of the file is a load of its own: "
                f"drop {' and '.join(given_loads(options))}, or drop --profile"
            )
        return (_shared(users, asked),)
    if profile is not None and profile.load is not None:
        return (_shared(users, profile.load),)
    if profile is not None and profile.loads is not None:
        loads = {name: own for name, own in profile.loads.items() if name in users}
        if not loads:
            raise OptionError(f"profile {options.profile!r} has no load for the selected users")
        return _distinct(_own(name, own) for name, own in loads.items())
    own = {name: declared.loads[name] for name in users if name in declared.loads}
    others = {name: cls for name, cls in users.items() if name not in own}
    workloads = [_own(name, loads) for name, loads in own.items()]
    if others:
        workloads.append([_common(declared, others, options)])
    return _distinct(workloads)


def _named_load(options: RunOptions) -> Load:
    if options.stages or options.rate_stages or options.iterations is not None:
        raise OptionError(f"--profile {options.profile} takes --users or --rate, and --duration; no other load")
    try:
        profile = load_profile(options.profile, users=options.users, rate=options.rate, duration=options.duration)
    except ValueError as error:
        raise OptionError(str(error)) from None
    return Load(profile)


def _common(declared: Declarations, users: Mapping[str, type[User]], options: RunOptions) -> Workload:
    """The workload of the classes without a load of their own."""
    if declared.load is not None:
        return _shared(users, declared.load)
    if declared.shape is not None:
        name = type(declared.shape).__name__
        try:
            profile = shape_profile(declared.shape, options.duration)
        except (ValueError, AttributeError) as error:
            raise OptionError(f"load shape {name}: {error}") from None
        return _shared(users, Load(profile))
    length = DEFAULT_DURATION if options.duration is None else options.duration
    one_each = tuple(Share(name, fixed_count=1) for name in users)
    workload = _shared(users, Load(build.constant_users(len(users), length)))
    return msgspec.structs.replace(workload, mix=one_each)


def _shared(users: Mapping[str, type[User]], load: Load) -> Workload:
    """One workload over several classes, by weight."""
    mix = tuple(Share(name, float(cls.weight), cls.fixed_count) for name, cls in users.items())
    return _workload(mix, load, next(iter(users)) if len(users) == 1 else "default")


def _own(name: str, loads: Iterable[Load]) -> list[Workload]:
    """The workloads of one class."""
    return [
        _workload((Share(name),), load, name if number == 1 else f"{name} {number}")
        for number, load in enumerate(loads, 1)
    ]


def _workload(mix: tuple[Share, ...], load: Load, name: str) -> Workload:
    return Workload(
        name=load.name or name,
        mix=mix,
        profile=load.profile,
        start_time=load.start_time,
        graceful_stop=load.graceful_stop,
        graceful_ramp_down=load.graceful_ramp_down,
        policy=load.policy,
        fresh_users=load.fresh_users,
        tags=load.tags,
    )


def _distinct(groups: Iterable[Iterable[Workload]]) -> tuple[Workload, ...]:
    workloads = tuple(workload for group in groups for workload in group)
    names = [workload.name for workload in workloads]
    for name in names:
        if names.count(name) > 1:
            raise OptionError(f"two loads are named {name!r}; give one another `name`")
    return workloads


def _only(workloads: tuple[Workload, ...], only: tuple[str, ...]) -> tuple[Workload, ...]:
    if not only:
        return workloads
    behaviours = {share.behaviour for workload in workloads for share in workload.mix}
    known = [*(workload.name for workload in workloads), *behaviours]
    for name in only:
        if name not in known:
            raise OptionError(f"--only {name}: there is no such workload or user; known: {_listed(known)}")
    return tuple(
        workload
        for workload in workloads
        if workload.name in only or all(share.behaviour in only for share in workload.mix)
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _require_hosts(users: Iterable[type[User]]) -> None:
    for cls in users:
        if issubclass(cls, HttpUser) and not cls.host:
            raise OptionError(
                f"no host: give --host http://..., or set `host` in {cls.__name__}, so that "
                'self.client.get("/path") has a base URL'
            )


def _check_http(users: Iterable[type[User]], options: HttpOptions, environ: Mapping[str, str]) -> None:
    """Options of the command line, and proxies of the environment; a class's own are checked where they stand."""
    from swell.http.checking import environment_problem, option_problems  # noqa: PLC0415 - not for `import swell`

    for name, problem in option_problems(options):
        raise OptionError(f"--{name.replace('_', '-')}: {problem}")
    for cls in users:
        if issubclass(cls, HttpUser):
            problem = environment_problem(merged_http(options, cls.http_options), environ)
            if problem:
                raise OptionError(problem)


def _checked_threshold(text: str) -> str:
    try:
        return parse_threshold(text).source
    except ThresholdError as error:
        raise OptionError(f"--threshold: {error}") from None
