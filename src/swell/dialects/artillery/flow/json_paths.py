"""JSONPath as captures write it.

Rules: paths of names and indexes, which nearly all are, are walked at once; the rest is python-jsonpath's, after what
JSONPath-plus has of its own is said in the standard's words. A path that cannot be read raises JsonPathError with the
reason. Compiled once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast

from swell.dialects.javascript import UNDEFINED

__all__ = ["JsonPathError", "compile_json_path", "matches_many"]

Finder: TypeAlias = "Callable[[Any], list[Any]]"

_SIMPLE: Final = re.compile(r"""\$?(?:\.?[A-Za-z_][\w-]*|\[\d+\]|\['[^']*'\]|\["[^"]*"\])*""")
_STEP: Final = re.compile(r"""\.?([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]""")
_QUOTED: Final = re.compile(r"""'[^']*'|"[^"]*\"""")
_MANY: Final = re.compile(r"\*|\.\.|\[[^\]]*[:,?]")
_LAST: Final = re.compile(r"\[\(\s*@\.length\s*-\s*(\d+)\s*\)\]")


class JsonPathError(ValueError):
    """A JSONPath that cannot be read."""


@lru_cache(maxsize=1024)
def compile_json_path(path: str) -> Finder:
    """What finds all the values of a path in a document. Raises JsonPathError."""
    text = path.strip()
    if _SIMPLE.fullmatch(text):
        return _walker(text)
    return _queried(text)


@lru_cache(maxsize=1024)
def matches_many(path: str) -> bool:
    """Whether a path may find several values (by wildcards, slices, filters, lists): it gives a list, of one too."""
    return _MANY.search(_LAST.sub("", _QUOTED.sub("", path))) is not None


def _walker(text: str) -> Finder:
    steps: list[str | int] = []
    for name, index, single, double in _STEP.findall(text.removeprefix("$")):
        steps.append(int(index) if index else name or single or double)

    def find(document: Any) -> list[Any]:
        value = document
        for step in steps:
            if isinstance(value, dict):
                value = cast("dict[str, Any]", value).get(step if isinstance(step, str) else str(step), UNDEFINED)
                if value is UNDEFINED:
                    return []
            elif isinstance(value, list):
                items = cast("list[Any]", value)
                if step == "length":
                    value = len(items)
                elif isinstance(step, int) and step < len(items):
                    value = items[step]
                else:
                    return []
            elif isinstance(value, str) and step == "length":
                value = len(value)
            else:
                return []
        return [value]

    return find


def _queried(text: str) -> Finder:
    import jsonpath  # noqa: PLC0415 - only for paths with wildcards and filters

    count = text.endswith(".length") and not text.endswith("..length")
    standard = text.removesuffix(".length") if count else text
    standard = _LAST.sub(r"[-\1]", standard).replace("===", "==").replace("!==", "!=")
    if not standard.startswith("$"):
        standard = f"$.{standard}" if not standard.startswith(("[", ".")) else f"${standard}"
    try:
        compiled = jsonpath.compile(standard)
    except Exception as error:
        raise JsonPathError(f"the JSONPath {text!r} cannot be read: {error}") from None

    def find(document: Any) -> list[Any]:
        if not isinstance(document, (dict, list)):
            return []
        try:
            found = cast("list[Any]", compiled.findall(cast("Any", document)))
        except Exception as error:
            raise JsonPathError(f"the JSONPath {text!r} does not work here: {error}") from None
        return [len(item) for item in found if isinstance(item, (list, str))] if count else found  # pyright: ignore[reportUnknownArgumentType]

    return find
