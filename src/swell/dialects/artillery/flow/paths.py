"""Paths such as `user.items[0]["id"]`: read from, and written into, variables.

Rules: as lodash has them. A path that leads nowhere gives UNDEFINED; writing makes the objects and lists in between.
Compiled paths are shared.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, TypeAlias, cast

from swell.dialects.javascript import UNDEFINED

__all__ = ["Path", "get_path", "parse_path", "set_path", "step_into"]

Path: TypeAlias = "tuple[str, ...]"

_PART: Final = re.compile(r"""\.?([^.\[\]]+)|\[\s*(?:"([^"]*)"|'([^']*)'|([^\]]*?))\s*\]|\.(?=\.)""")


@lru_cache(maxsize=4096)
def parse_path(text: str) -> Path:
    """The parts of a path; a text that is none stays one part."""
    parts: list[str] = []
    position = 0
    while position < len(text):
        found = _PART.match(text, position)
        if found is None or found.end() == position:
            return (text,)
        parts.append(next((group for group in found.groups() if group is not None), ""))
        position = found.end()
    return tuple(parts) or (text,)


def step_into(value: Any, part: str) -> Any:
    """One property of a value; UNDEFINED if it has none."""
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).get(part, UNDEFINED)
    if isinstance(value, (list, tuple, str)):
        if part == "length":
            return len(cast("list[Any]", value))
        if part.isdecimal() and int(part) < len(cast("list[Any]", value)):
            return cast("list[Any]", value)[int(part)]
        return UNDEFINED
    getter = getattr(value, "get", None)
    return getter(part, UNDEFINED) if getter is not None else UNDEFINED


def get_path(variables: Any, path: Path) -> Any:
    """What is at the path."""
    value = variables
    for part in path:
        if value is None:
            return UNDEFINED
        value = step_into(value, part)
        if value is UNDEFINED:
            return UNDEFINED
    return value


def set_path(variables: MutableMapping[str, Any], text: str, value: Any) -> None:
    """Put a value at a path, e.g. a capture's `as`. Existing values are copied on the way: they may be shared."""
    path = parse_path(text) if text not in variables else (text,)
    here: Any = variables
    for part, after in pairwise(path):
        old = step_into(here, part)
        made: Any
        if isinstance(old, dict):
            made = dict(cast("dict[str, Any]", old))
        elif isinstance(old, list):
            made = list(cast("list[Any]", old))
        else:
            made = [] if after.isdecimal() else {}
        _put(here, part, made)
        here = made
    _put(here, path[-1], value)


def _put(target: Any, part: str, value: Any) -> None:
    if isinstance(target, list):
        items = cast("list[Any]", target)
        if not part.isdecimal():
            return
        index = int(part)
        items.extend([None] * (min(index, 100_000) + 1 - len(items)))
        if index < len(items):
            items[index] = value
    else:
        target[part] = value
