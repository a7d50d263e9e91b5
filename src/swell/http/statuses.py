"""Which statuses are a success. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TypeAlias, cast

__all__ = ["Expect", "status_set"]

Expect: TypeAlias = "int | str | range | Iterable[int | str | range | tuple[int, int]]"


def status_set(expect: Expect) -> frozenset[int]:
    """The statuses meant by 200, "2xx", "200-299", range(200, 300), or several of these; (low, high) pairs inclusive.

    (200, 404) are two statuses; [(200, 404)] is a range. Raises ValueError.
    """
    try:
        return _shared(expect)  # type: ignore[arg-type]
    except TypeError:  # a list: not hashable
        return _new(expect)


def _new(expect: Expect) -> frozenset[int]:
    if isinstance(expect, int | str | range):
        return frozenset(_one(expect))
    found: set[int] = set()
    for item in expect:
        found.update(_one(item))
    return frozenset(found)


# Thousands of users say the same, and a set of some hundred statuses is 13 KB.
_shared = lru_cache(maxsize=256)(_new)


def _one(item: object) -> Iterable[int]:
    if isinstance(item, int):
        return (item,)
    if isinstance(item, range):
        return item
    if isinstance(item, tuple):
        pair = cast("tuple[object, ...]", item)
        if len(pair) == 2 and isinstance(pair[0], int) and isinstance(pair[1], int):
            return range(pair[0], pair[1] + 1)
    if isinstance(item, str):
        text = item.strip().lower()
        if text.isdigit():
            return (int(text),)
        if len(text) == 3 and text[0].isdigit() and text[1:] == "xx":
            return range(int(text[0]) * 100, int(text[0]) * 100 + 100)
        low, dash, high = text.partition("-")
        if dash and low.isdigit() and high.isdigit():
            return range(int(low), int(high) + 1)
    raise ValueError(f"{item!r} is no status: give 200, '2xx', '200-299' or a pair (200, 299)")
