"""The expect plugin: checks of responses, counted as `plugins.expect.ok` and `.failed`, with `.<check>` each.

Rules: a check that fails is counted and told, and fails the VU only with `reportFailuresAsErrors`. Templates are
rendered after captures. In a list, Artillery looks at the first key of each entry only; all are looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from swell.dialects.artillery.flow.answers import NO_JSON, Answer
from swell.dialects.artillery.flow.paths import get_path, parse_path
from swell.dialects.artillery.flow.templates import Template, compile_template
from swell.dialects.artillery.flow.values import UNDEFINED, js_text

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.test import FlowTest
    from swell.dialects.artillery.flow.vuser import Vuser

__all__ = ["CHECKS", "Expectations", "compile_expectations"]

_Verdict: TypeAlias = "tuple[bool, str, str]"  # (holds, wanted, got)
_JSON_TYPES: Final = ("application/json", "application/problem+json", "application/ld+json")


class Expectations:
    """The checks of one step, in order."""

    def __init__(self, checks: list[tuple[str, Template]], *, as_errors: bool, show_all: bool) -> None:
        self._checks = checks
        self._as_errors = as_errors
        self._show_all = show_all

    def check(self, vu: Vuser, answer: Answer, name: str) -> bool:
        """Make the checks; whether one failed that is to fail the VU."""
        told: list[str] = []
        good = True
        for kind, template in self._checks:
            check = CHECKS.get(kind)
            if check is None:
                vu.warn_once(f"expect: there is no check {kind!r}")
                continue
            holds, wanted, got = check(answer, template(vu))
            outcome = "ok" if holds else "failed"
            vu.metrics.counter(f"plugins.expect.{outcome}")
            vu.metrics.counter(f"plugins.expect.{outcome}.{kind}")
            if holds:
                if self._show_all:
                    told.append(f"  ok {kind} {got}")
            else:
                good = False
                told.append(f"  not ok {kind}: expected {wanted}, got {got}")
        if told:
            vu.log("expect", f"* {answer.response.endpoint.method} {name}\n" + "\n".join(told))
        return self._as_errors and not good


def compile_expectations(test: FlowTest, spec: Any) -> Expectations | None:
    """The checks of a step; None if there are none. Raises ValueError for what is no check."""
    options = test.expect_options
    if options is None:
        return None
    checks: list[tuple[str, Template]] = []
    for entry in cast("list[Any]", spec) if isinstance(spec, list) else [spec]:
        if entry is None:
            continue
        if not isinstance(entry, Mapping):
            raise ValueError(f"expect is a mapping of checks such as {{statusCode: 200}}, not {entry!r}")
        checks += [(str(k), compile_template(v)) for k, v in cast("Mapping[Any, Any]", entry).items()]
    if options.get("expectDefault200") is True and not any(kind == "statusCode" for kind, _ in checks):
        checks.append(("statusCode", Template(200, None)))
    if not checks:
        return None
    shown = options.get("outputFormat", options.get("formatter"))
    return Expectations(checks, as_errors=options.get("reportFailuresAsErrors") is True, show_all=shown == "pretty")


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _status(answer: Answer, wanted: Any) -> _Verdict:
    texts = [js_text(each) for each in _list(wanted)]
    return str(answer.status) in texts, ", ".join(texts), str(answer.status)


def _not_status(answer: Answer, wanted: Any) -> _Verdict:
    holds, texts, got = _status(answer, wanted)
    return not holds, f"not {texts}", got


def _content_type(answer: Answer, wanted: Any) -> _Verdict:
    got = str(answer.header("content-type") or "")
    media = got.split(";", maxsplit=1)[0].strip().lower()
    want = js_text(wanted).lower()
    if want == "json":
        return media in _JSON_TYPES and answer.data is not NO_JSON, "json", got
    return got.lower() == want or media == want, want, got


def _has_property(answer: Answer, wanted: Any) -> _Verdict:
    data = answer.data
    path = js_text(wanted)
    there = data is not NO_JSON and get_path(data, parse_path(path.removeprefix("$."))) is not UNDEFINED
    return there, f"property {path}", "there" if there else "no JSON" if data is NO_JSON else "no such property"


def _has_not_property(answer: Answer, wanted: Any) -> _Verdict:
    there, what, got = _has_property(answer, wanted)
    return not there, f"no {what}", got


def _equals(_: Answer, wanted: Any) -> _Verdict:
    texts = [js_text(each) for each in _list(wanted)]
    return len(set(texts)) <= 1, "all the same", ", ".join(texts)


def _has_header(answer: Answer, wanted: Any) -> _Verdict:
    there = answer.header(js_text(wanted)) is not None
    return there, f"header {js_text(wanted)}", "there" if there else "no such header"


def _header_equals(answer: Answer, wanted: Any) -> _Verdict:
    pair = _list(wanted)
    if len(pair) != 2:
        return False, "a list of a header's name and its value", js_text(wanted)
    got = answer.header(js_text(pair[0]))
    return got is not None and js_text(got) == js_text(pair[1]), f"{js_text(pair[0])}: {js_text(pair[1])}", str(got)


def _matches(answer: Answer, wanted: Any) -> _Verdict:
    try:
        there = re.search(js_text(wanted), answer.text) is not None
    except re.error as error:
        return False, f"a regular expression ({error})", js_text(wanted)
    return there, f"body matching {js_text(wanted)}", "a match" if there else "no match"


def _cdn_hit(answer: Answer, wanted: Any) -> _Verdict:
    names = ("cf-cache-status", "x-cache", "x-cache-status", "cdn-cache", "x-vercel-cache", "x-iinfo")
    got = next((str(value) for name in names if (value := answer.header(name)) is not None), "")
    hit = "hit" in got.lower()
    return hit is bool(wanted), "a hit" if wanted else "no hit", got or "no header of a cache"


def _jmespath(answer: Answer, wanted: Any) -> _Verdict:
    try:
        import jmespath  # noqa: PLC0415 # pyright: ignore # an optional package
    except ImportError:
        return False, js_text(wanted), "jmespath is not installed: pip install jmespath"
    library: Any = jmespath
    try:
        got = library.search(js_text(wanted), answer.data)
    except Exception as error:
        return False, js_text(wanted), str(error)
    return bool(got), js_text(wanted), js_text(got)


CHECKS: Final[Mapping[str, Callable[[Answer, Any], _Verdict]]] = {
    "statusCode": _status,
    "notStatusCode": _not_status,
    "contentType": _content_type,
    "hasProperty": _has_property,
    "notHasProperty": _has_not_property,
    "equals": _equals,
    "hasHeader": _has_header,
    "headerEquals": _header_equals,
    "matchesRegexp": _matches,
    "cdnHit": _cdn_hit,
    "jmespath": _jmespath,
    "jpath": _jmespath,
}
"""The checks by their names in scripts."""
