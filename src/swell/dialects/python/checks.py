"""Checks and groups: what must hold, and which requests belong together.

Rules: as in k6. A failed check fails no request and no run; thresholds on the metric `checks` do. A group puts its
path (`::outer::inner`) into the tag `group` of everything measured inside and its duration into `group_duration`.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from swell.dialects.python.current import virtual_user
from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

__all__ = ["check", "group"]

_CHECKS = "dialects.python.checks"
_GROUP = "dialects.python.group"


def check(value: Any, checks: Mapping[str, Any], /, **tags: object) -> bool:
    """Record for each name whether it holds; True if all do.

    A function is called with `value`, anything else counts by its truth. An exception in a function records the check
    as failed and goes on to the caller.

        check(response, {"status is 200": lambda r: r.status_code == 200, "fast": response.elapsed.total_seconds() < 1})
    """
    user: Any = virtual_user()
    here: Any = current_fiber().tags
    if tags:
        here = here.with_tags(**{name: str(text) for name, text in tags.items()})
    recorder = user.recorder
    known: tuple[Any, dict[str, int]] | None = here.cache.get(_CHECKS)
    if known is None or known[0] is not recorder:
        known = (recorder, {})
        here.cache[_CHECKS] = known
    series = known[1]
    all_hold = True
    for name, wanted in checks.items():
        number = series.get(name)
        if number is None:
            number = series[name] = _series(recorder, here, name)
        holds: Any = False
        try:
            holds = wanted(value) if callable(wanted) else wanted
            if holds is not True and holds is not False:
                holds = _truth(name, holds)
        finally:
            recorder.add_sample((number, user.hub.time(), 1.0 if holds is True else 0.0))
        if not holds:
            all_hold = False
    return all_hold


def _series(recorder: Any, here: Any, name: str) -> int:
    if not name or "::" in name:
        raise ValueError(f"{name!r} is no name for a check: it must not be empty or contain '::'")
    return recorder.series("checks", "rate", here.with_tags(check=name))


def _truth(name: str, result: Any) -> bool:
    if inspect.iscoroutine(result):
        result.close()
        raise TypeError(f"check {name!r} is async; await first, then check the value")
    return bool(result)


class group:  # noqa: N801 - reads as a statement: with group("login"):
    """Name a block: `with group("login"): ...`; groups nest.

    Raises ValueError for an empty name and for one with `::` in it.
    """

    __slots__ = ("_fiber", "_name", "_outer", "_start", "_user")

    def __init__(self, name: str) -> None:
        if not name or "::" in name:
            raise ValueError(f"{name!r} is no name for a group: it must not be empty or contain '::'")
        self._name = name

    def __enter__(self) -> group:
        self._user: Any = virtual_user()
        self._fiber = fiber = current_fiber()
        self._outer: Any = fiber.tags
        fiber.tags = self._outer.with_tags(group=f"{self._outer.get('group')}::{self._name}")
        self._start = self._user.hub.time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        user = self._user
        here: Any = self._fiber.tags
        end = user.hub.time()
        recorder = user.recorder
        known = here.cache.get(_GROUP)
        if known is None or known[0] is not recorder:
            series = recorder.series("group_duration", "trend", here, is_time=True)
            known = here.cache[_GROUP] = (recorder, series)
        recorder.add_sample((known[1], end, (end - self._start) * 1000.0))
        self._fiber.tags = self._outer
