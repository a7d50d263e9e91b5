r"""Selectors of `response.json(selector)`: paths into JSON with wildcards, queries and modifiers.

Rules: pure; a path that fits nothing gives `...`, never an exception. The syntax is gjson's, which k6 scripts use:
`a.b`, `list.0`, `list.#` (length), `list.#.name` (of each), `list.#(age>40).name` (first match), `list.#(age>40)#.name`
(all matches), keys with `*` and `?`, `\.` for a literal dot, `a|b` (go on from the whole result), `@reverse`, `@keys`,
`@values`, `@flatten`, `@this`, `@join`, `@tostr`, `@fromstr`, and several paths at once: `[a,b]`, `{a,"c":b}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fnmatch import translate
from functools import lru_cache
from typing import Any, Final, cast

__all__ = ["select_json"]

NOTHING: Final[Any] = ...
_OPERATORS: Final = ("==", "!=", "<=", ">=", "!%", "<", ">", "%", "=")
_MOST_DEPTH: Final = 100


def select_json(document: Any, path: str) -> Any:
    """What the path finds in a decoded document; `...` for nothing."""
    return _walk(document, path, 0)


def _walk(value: Any, path: str, depth: int) -> Any:
    while path:
        depth += 1
        if depth > _MOST_DEPTH or value is NOTHING:
            return NOTHING
        if path[0] in "[{" and (end := _closing(path, 0)) > 0:
            value, path = _several(value, path[: end + 1], depth), path[end + 1 :].lstrip(".|")
            continue
        head, separator, path = _split(path)
        if head[:1] == "@":
            value = _modified(value, head)
        elif head == "#":
            if not isinstance(value, list):
                return NOTHING
            items = cast("list[Any]", value)
            if not path or separator == "|":
                value = len(items)
            else:
                own, path = _until_pipe(path)
                found = [_walk(each, own, depth) for each in items]
                value = [each for each in found if each is not NOTHING]
        elif head.startswith(("#(", "#[")):
            value, path = _queried(value, head, separator, path, depth)
        else:
            value = _child(value, head)
    return value


def _split(path: str) -> tuple[str, str, str]:
    """The first component, what separates it, and the rest."""
    index = 0
    while index < len(path):
        char = path[index]
        if char == "\\":
            index += 2
            continue
        if char in "([{" and ((index == 1 and path[0] == "#") or path[0] == "@"):
            end = _closing(path, index)
            if end > 0:
                index = end + 1
                continue
        if char in ".|":
            return path[:index], char, path[index + 1 :]
        index += 1
    return path, "", ""


def _until_pipe(path: str) -> tuple[str, str]:
    """A path up to its first `|` outside of brackets, and the rest."""
    index = 0
    while index < len(path):
        char = path[index]
        if char == "\\":
            index += 2
            continue
        if char in "([{":
            end = _closing(path, index)
            index = end if end > 0 else index
        elif char == "|":
            return path[:index], path[index + 1 :]
        index += 1
    return path, ""


def _closing(path: str, start: int) -> int:
    """Where the bracket that opens at `start` is closed; -1 if nowhere."""
    depth, index, quoted = 0, start, False
    while index < len(path):
        char = path[index]
        if char == "\\":
            index += 1
        elif char == '"':
            quoted = not quoted
        elif not quoted and char in "([{":
            depth += 1
        elif not quoted and char in ")]}":
            depth -= 1
            if depth == 0:
                return index
        index += 1
    return -1


def _child(value: Any, head: str) -> Any:
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return items[int(head)] if head.isdecimal() and int(head) < len(items) else NOTHING
    if not isinstance(value, dict):
        return NOTHING
    fields = cast("dict[str, Any]", value)
    if re.search(r"(?<!\\)[*?]", head):
        pattern = _pattern(head)
        return next((each for key, each in fields.items() if pattern.fullmatch(key)), NOTHING)
    return fields.get(re.sub(r"\\(.)", r"\1", head), NOTHING)


@lru_cache(maxsize=512)
def _pattern(glob: str) -> re.Pattern[str]:
    """`*` and `?`; brackets mean themselves."""
    parts = re.split(r"(\\.|[*?])", glob)
    return re.compile(
        "".join(
            translate(part)[4:-3]
            if part in ("*", "?")
            else re.escape(part[1:] if part[:1] == "\\" and len(part) == 2 else part)
            for part in parts
        ),
        re.DOTALL,
    )


def _queried(value: Any, head: str, separator: str, path: str, depth: int) -> tuple[Any, str]:
    """`#(query)` and `#(query)#`: (value, what is left of the path)."""
    every = head.endswith("#")
    query = head[2 : _closing(head, 1)]
    if not isinstance(value, list):
        return NOTHING, ""
    matching = [each for each in cast("list[Any]", value) if _holds(each, query, depth)]
    if not every:
        return (matching[0] if matching else NOTHING), path
    if not path or separator == "|":
        return matching, path
    own, path = _until_pipe(path)
    found = [_walk(each, own, depth) for each in matching]
    return [each for each in found if each is not NOTHING], path


def _holds(value: Any, query: str, depth: int) -> bool:
    left, operator, right = _parts(query)
    found = _walk(value, left, depth + 1) if left else value
    if not operator:
        return found is not NOTHING
    if right.startswith("~"):
        truth = _truthy(found)
        wanted = right[1:].strip()
        same = {
            "true": truth,
            "false": not truth,
            "null": found is None or found is NOTHING,
            "*": found is not NOTHING,
        }.get(wanted, False)
        return same if operator in ("=", "==") else not same if operator == "!=" else False
    if found is NOTHING:
        return False
    return _compared(found, operator, _literal(right))


@lru_cache(maxsize=512)
def _parts(query: str) -> tuple[str, str, str]:
    """Path, operator and value of a query. Nested queries and quoted texts belong to the path."""
    index = 0
    while index < len(query):
        char = query[index]
        if char in "([{":
            end = _closing(query, index)
            index = end + 1 if end > 0 else index + 1
            continue
        if char == "\\":
            index += 2
            continue
        for operator in _OPERATORS:
            if query.startswith(operator, index):
                return query[:index].strip(), operator, query[index + len(operator) :].strip()
        index += 1
    return query.strip(), "", ""


def _truthy(value: Any) -> bool:
    if value is NOTHING or value is None or value is False:
        return False
    if isinstance(value, str):
        return value.lower() in ("1", "t", "true", "y", "yes", "on") or value not in ("", "0", "f", "false")
    return bool(value) if isinstance(value, bool | int | float) else True


def _literal(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.strip("\"'")


def _compared(found: Any, operator: str, wanted: Any) -> bool:
    if operator in ("%", "!%"):
        like = isinstance(found, str) and bool(_pattern(str(wanted)).fullmatch(found))
        return like if operator == "%" else not like
    number = int | float
    comparable = (isinstance(found, str) and isinstance(wanted, str)) or (
        isinstance(found, number) and isinstance(wanted, number) and isinstance(found, bool) == isinstance(wanted, bool)
    )
    if operator in ("=", "=="):
        return (comparable or (found is None and wanted is None)) and found == wanted
    if operator == "!=":
        return not (comparable or (found is None and wanted is None)) or found != wanted
    if not comparable:
        return False
    order: dict[str, Callable[[Any, Any], bool]] = {
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }
    return order[operator](found, wanted)


def _several(value: Any, path: str, depth: int) -> Any:
    """`[a,b]` gives an array, `{a,"name":b}` an object; what is not found is left out."""
    entries: list[str] = []
    index = start = 1
    while index < len(path) - 1:
        char = path[index]
        if char in "([{" and (end := _closing(path, index)) > 0:
            index = end
        elif char == "\\":
            index += 1
        elif char == '"':
            index = path.find('"', index + 1) if path.find('"', index + 1) > 0 else index
        elif char == ",":
            entries.append(path[start:index])
            start = index + 1
        index += 1
    entries.append(path[start:-1])
    if path[0] == "[":
        found = [_walk(value, entry.strip(), depth) for entry in entries]
        return [each for each in found if each is not NOTHING]
    made: dict[str, Any] = {}
    for entry in entries:
        named = re.match(r'\s*"((?:[^"\\]|\\.)*)"\s*:', entry)
        own = entry[named.end() :] if named else entry
        each = _walk(value, own.strip(), depth)
        if each is not NOTHING:
            made[named[1] if named else re.split(r"[.|]", own.strip())[-1]] = each
    return made


def _modified(value: Any, head: str) -> Any:
    name, _, argument = head[1:].partition(":")
    if name in ("this", "valid", "pretty", "ugly"):
        return value
    if name == "reverse":
        if isinstance(value, list):
            return list(reversed(cast("list[Any]", value)))
        if isinstance(value, dict):
            return dict(reversed(list(cast("dict[str, Any]", value).items())))
        return value
    if name == "keys":
        return list(cast("dict[str, Any]", value)) if isinstance(value, dict) else []
    if name == "values":
        if isinstance(value, dict):
            return list(cast("dict[str, Any]", value).values())
        return cast("list[Any]", value) if isinstance(value, list) else [value]
    if name == "flatten":
        return _flat(value, deep='"deep":true' in argument.replace(" ", ""))
    if name == "join" and isinstance(value, list):
        joined: dict[str, Any] = {}
        for each in cast("list[Any]", value):
            joined.update(cast("dict[str, Any]", each) if isinstance(each, dict) else {})
        return joined
    if name == "tostr":
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if name == "fromstr":
        try:
            return json.loads(value)
        except (TypeError, ValueError):
            return NOTHING
    return value if name == "join" else NOTHING


def _flat(value: Any, *, deep: bool) -> Any:
    if not isinstance(value, list):
        return value
    flat: list[Any] = []
    for each in cast("list[Any]", value):
        if isinstance(each, list):
            flat.extend(_flat(each, deep=True) if deep else cast("list[Any]", each))
        else:
            flat.append(each)
    return flat
