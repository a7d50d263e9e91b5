"""YAML and JSON files as plain data that remembers where each part stood.

Rules: scalars are read as Artillery's reader (js-yaml) reads them: only true and false are booleans, dates stay text,
a key may come once only. JSON is read as YAML too, as Artillery does. Aliases share one object; positions go by the
path to a value, such as ("config", "phases", 0).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, cast

import yaml

from swell.dialects.artillery.mistakes import Place, ScriptError

__all__ = ["Document", "Keys", "Positions", "read_document", "read_text"]

Keys: TypeAlias = tuple[str | int, ...]
Positions: TypeAlias = dict[Keys, Place]

_SUFFIXES = {".yml", ".yaml", ".json"}
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|0|[1-9][0-9_]*)")
_FLOAT = re.compile(
    r"[-+]?(?:(?:0|[1-9][0-9_]*)(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)"
)
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_DEEPEST = 200


class Document(NamedTuple):
    """One file: its data, and where each value (of a mapping: its key) stands."""

    data: Any
    places: Positions
    file: str

    def place(self, *path: str | int) -> Place:
        """Where the value stands; the nearest known place above it otherwise."""
        for length in range(len(path), -1, -1):
            found = self.places.get(path[:length])
            if found is not None:
                return found
        return Place(self.file)


def read_document(file: str) -> Document:
    """The file as Artillery reads it. Raises ScriptError."""
    path = Path(file)
    if path.suffix.lower() in {".js", ".mjs", ".cjs", ".ts"}:
        raise ScriptError("scripts in JavaScript or TypeScript are not supported; write YAML or JSON", Place(file))
    if path.suffix.lower() not in _SUFFIXES:
        raise ScriptError("unknown file type: Artillery scripts end in .yml, .yaml or .json", Place(file))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ScriptError(f"there is no file {file}") from None
    except IsADirectoryError:
        raise ScriptError(f"{file} is a folder; name the script in it") from None
    except OSError as error:
        raise ScriptError(f"cannot be read: {error.strerror}", Place(file)) from None
    except UnicodeDecodeError:
        raise ScriptError("this is no text in UTF-8", Place(file)) from None
    return read_text(text, file)


def read_text(text: str, file: str) -> Document:
    """The text of a file named `file`. Raises ScriptError."""
    loader = _Base(text)
    try:
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(part for part in (error.context, error.problem) if part)
        raise ScriptError(f"this is no YAML: {problem}", Place(file, mark.line + 1 if mark else 0)) from None
    except yaml.YAMLError as error:
        raise ScriptError(f"this is no YAML: {error}", Place(file)) from None
    finally:
        loader.dispose()
    reader = _Reader(file)
    data = reader.value(node, ()) if node is not None else None
    return Document(data, reader.places, file)


class _Reader:
    """From nodes to data."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: Positions = {}
        self._made: dict[int, Any] = {}

    def value(self, node: Any, path: Keys) -> Any:
        place = self._place(node)
        self.places.setdefault(path, place)
        if len(path) > _DEEPEST:
            raise ScriptError("this is nested too deeply, or contains itself", place)
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        found = self._made.get(id(node))
        if found is not None:
            self._note_below(node, path)
            return found
        if isinstance(node, yaml.SequenceNode):
            items: list[Any] = []
            self._made[id(node)] = items
            items.extend(self.value(each, (*path, number)) for number, each in enumerate(cast("list[Any]", node.value)))
            return items
        mapping: dict[str, Any] = {}
        self._made[id(node)] = mapping
        self._fill(mapping, node, path)
        return mapping

    def _fill(self, mapping: dict[str, Any], node: Any, path: Keys) -> None:
        merged: list[Any] = []
        seen: set[str] = set()
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise ScriptError("a key must be a plain text", self._place(key_node))
            if key_node.tag == "tag:yaml.org,2002:merge" or (key_node.value == "<<" and not key_node.style):
                merged += value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]
                continue
            key = str(cast("Any", key_node.value))
            if key in seen:
                raise ScriptError(f"the key {key!r} comes twice", self._place(key_node))
            seen.add(key)
            self.places[(*path, key)] = self._place(key_node)
            mapping[key] = self.value(value_node, (*path, key))
        for other in merged:
            found = self.value(other, (*path, "<<"))
            if not isinstance(found, dict):
                raise ScriptError('"<<" merges a mapping', self._place(other))
            for key, value in cast("dict[str, Any]", found).items():
                mapping.setdefault(key, value)

    def _note_below(self, node: Any, path: Keys) -> None:
        """Positions inside an alias: those of the original."""
        if isinstance(node, yaml.SequenceNode):
            for number, each in enumerate(cast("list[Any]", node.value)):
                self.places.setdefault((*path, number), self._place(each))

    def _place(self, node: Any) -> Place:
        return Place(self.file, node.start_mark.line + 1)


def _scalar(node: Any) -> Any:
    text = str(node.value)
    if node.style in {"'", '"', "|", ">"}:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return _integer(text.replace("_", ""))
    if _FLOAT.fullmatch(text) and not text.startswith("_"):
        plain = text.replace("_", "").lower()
        number = float(plain.replace(".inf", "inf"))
        return int(number) if number.is_integer() and "." not in plain else number
    return text


def _integer(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    for prefix, base in (("0b", 2), ("0x", 16), ("0o", 8)):
        if digits.startswith(prefix):
            return sign * int(digits[2:], base)
    if len(digits) > 1 and digits.startswith("0"):
        return sign * int(digits, 8)
    return sign * int(digits)
