"""Captures: values taken out of a response into variables, and the old `match`.

Rules: compiled once per step. Several JSONPath matches give one at random, as in Artillery; a value that is not there,
and an empty text, is a failure unless the capture is not strict. If a strict one fails, none is stored. Headers are
found in any case of letters; a selector without `attr` gives the element's text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from swell.dialects.artillery.flow.answers import NO_JSON, Message
from swell.dialects.artillery.flow.json_paths import JsonPathError, compile_json_path, matches_many
from swell.dialects.artillery.flow.paths import set_path
from swell.dialects.artillery.flow.templates import Scope, Template, compile_template, render_text
from swell.dialects.artillery.flow.values import UNDEFINED, js_text

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FAILED_CAPTURE", "Captures", "compile_captures", "python_regexp"]

FAILED_CAPTURE: Final = "Failed capture or match"

_Take: TypeAlias = "Callable[[Message, Scope], Any]"
_NAMED: Final = re.compile(r"\(\?<([A-Za-z_]\w*)>")
_BACK: Final = re.compile(r"\\k<([A-Za-z_]\w*)>")
_FLAGS: Final = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}


class _Capture:
    """One capture. `what` is how it was written, for people."""

    __slots__ = ("name", "strict", "take", "what")

    def __init__(self, take: _Take, name: Template, strict: bool, what: str) -> None:
        self.take = take
        self.name = name
        self.strict = strict
        self.what = what


class _Match:
    """One legacy match."""

    __slots__ = ("strict", "take", "value", "what")

    def __init__(self, take: _Take, value: Template, strict: bool, what: str) -> None:
        self.take = take
        self.value = value
        self.strict = strict
        self.what = what


class Captures:
    """All captures and matches of a step."""

    def __init__(self, captures: list[_Capture], matches: list[_Match]) -> None:
        self._captures = captures
        self._matches = matches

    def apply(self, message: Message, scope: Scope) -> list[str]:
        """Store what was captured; else, in words, what strict captures and matches did not find."""
        failed: list[str] = []
        found: list[tuple[str, Any]] = []
        for capture in self._captures:
            try:
                value = capture.take(message, scope)
            except (JsonPathError, re.error, ValueError) as error:
                if capture.strict:
                    failed.append(f"{capture.what}: {error}")
                continue
            if value is UNDEFINED or (isinstance(value, str) and not value):
                if capture.strict:
                    failed.append(f"{capture.what} found nothing")
                    continue
                value = "" if value is not UNDEFINED else UNDEFINED
            found.append((render_text(capture.name, scope), value))
        for match in self._matches:
            try:
                value = match.take(message, scope)
            except (JsonPathError, re.error, ValueError) as error:
                value = error
            wanted = match.value(scope)
            if js_text(value) != js_text(wanted) and match.strict:
                failed.append(f"{match.what} is {js_text(value)!r}, not {js_text(wanted)!r}")
        if not failed:
            for name, value in found:
                if value is not UNDEFINED:
                    set_path(scope.variables, name, value)
        return failed


def compile_captures(capture: object, match: object = None, *, strict: bool = True) -> Captures | None:
    """The captures of a step; None if there are none. `strict`: what counts where a capture does not say.

    Raises ValueError for one that cannot be understood.
    """
    captures = [_compile_capture(spec, strict) for spec in _each(capture)]
    matches = [_compile_match(spec) for spec in _each(match)]
    return Captures(captures, matches) if captures or matches else None


def _each(spec: object) -> Iterable[dict[str, Any]]:
    for item in cast("list[Any]", spec) if isinstance(spec, list) else [spec]:
        if isinstance(item, Mapping):
            yield dict(cast("Mapping[str, Any]", item))
        elif item is not None:
            raise ValueError(f"a capture is a mapping such as {{json: $.id, as: id}}, not {item!r}")


def _compile_capture(spec: dict[str, Any], strict: bool) -> _Capture:
    name = spec.get("as")
    if name is None or name == "":
        raise ValueError('a capture needs "as": the name of the variable')
    take, what = _taker(spec)
    own = spec.get("strict")
    return _Capture(take, compile_template(str(name)), strict if own is None else own is not False, what)


def _compile_match(spec: dict[str, Any]) -> _Match:
    take, what = _taker(spec)
    return _Match(take, compile_template(spec.get("value")), spec.get("strict") is not False, what)


def _taker(spec: dict[str, Any]) -> tuple[_Take, str]:
    for kind, make in (
        ("json", _json),
        ("regexp", _regexp),
        ("header", _header),
        ("selector", _selector),
        ("xpath", _xpath),
    ):
        if kind in spec:
            return make(spec), f"{kind} {spec[kind]}"
    raise ValueError("a capture needs one of json, regexp, header, selector and xpath")


def _json(spec: dict[str, Any]) -> _Take:
    path = compile_template(str(spec["json"]))
    single = spec.get("multiple") is False

    def take(message: Message, scope: Scope) -> Any:
        find_path = path.value if path.render is None else render_text(path, scope)
        find = compile_json_path(find_path)
        data = message.data
        if data is NO_JSON:
            raise ValueError("the body is not JSON")
        found = find(data)
        if not found:
            return UNDEFINED
        if len(found) == 1 and not (single and matches_many(find_path)):
            return found[0]
        return found if single else scope.random.choice(found)

    return take


def _regexp(spec: dict[str, Any]) -> _Take:
    source = compile_template(str(spec["regexp"]))
    flags = 0
    for letter in str(spec.get("flags") or ""):
        flags |= _FLAGS.get(letter, 0)
    group = spec.get("group")
    which: int | str = int(group or 0) if str(group or "0").isdecimal() else str(group)

    def take(message: Message, scope: Scope) -> Any:
        found = re.search(python_regexp(render_text(source, scope)), message.text, flags)
        if found is None:
            return UNDEFINED
        try:
            value = found[which]
        except IndexError:  # no such group: Artillery gives the whole match
            value = found[0]
        return UNDEFINED if value is None else value  # pyright: ignore[reportUnnecessaryComparison]

    return take


def python_regexp(text: str) -> str:
    """A JavaScript regular expression in Python's spelling."""
    if text.startswith("/") and text.endswith("/") and len(text) > 1:
        text = text[1:-1]
    return _BACK.sub(r"(?P=\1)", _NAMED.sub(r"(?P<\1>", text)).replace("[^]", r"[\s\S]").replace("\\/", "/")


def _header(spec: dict[str, Any]) -> _Take:
    name = compile_template(str(spec["header"]))

    def take(message: Message, scope: Scope) -> Any:
        value = message.header(render_text(name, scope))
        return UNDEFINED if value is None else value

    return take


def _selector(spec: dict[str, Any]) -> _Take:
    query = compile_template(str(spec["selector"]))
    attribute, index = spec.get("attr"), spec.get("index")

    def take(message: Message, scope: Scope) -> Any:
        from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - few tests read pages

        try:
            found = LexborHTMLParser(message.text).css(render_text(query, scope))
        except Exception as error:
            raise ValueError(f"not a CSS selector: {error}") from None
        if not found:
            return UNDEFINED
        if index == "random":
            node = scope.random.choice(found)
        else:
            number = -1 if index == "last" else int(index or 0)
            if number >= len(found):
                return UNDEFINED
            node = found[number]
        value = node.text() if attribute is None else node.attributes.get(str(attribute), UNDEFINED)
        return "" if value is None else value

    return take


def _xpath(spec: dict[str, Any]) -> _Take:
    query = compile_template(str(spec["xpath"]))

    def take(message: Message, scope: Scope) -> Any:
        kind = str(message.header("content-type") or "")
        try:
            # An extra of the installation.
            parse: Any = import_module("lxml.html" if "html" in kind else "lxml.etree").fromstring
        except ImportError:
            raise ValueError('xpath needs lxml: pip install "swell[xpath]"') from None
        try:
            found: Any = parse(message.text.encode()).xpath(render_text(query, scope))
        except Exception as error:
            raise ValueError(f"xpath: {error}") from None
        if isinstance(found, list):
            if not found:
                return UNDEFINED
            found = cast("list[Any]", found)[0]
        inner: Any = getattr(cast("object", found), "itertext", None)
        text: Any = "".join(inner()) if inner is not None else found
        return text if isinstance(text, (bool, float)) else str(text)

    return take
