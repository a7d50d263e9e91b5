"""The expect plugin: checks of responses, counted as `plugins.expect.ok` and `.failed`, with `.<check>` each.

Rules: a check that fails is counted and told, and fails the VU only with `reportFailuresAsErrors`. Templates are
rendered after captures. In a list, Artillery looks at the first key of each entry only; all are looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from swell.dialects.artillery.flow.answers import NO_JSON, Answer
from swell.dialects.artillery.flow.captures import python_regexp
from swell.dialects.artillery.flow.expect_output import Result
from swell.dialects.artillery.flow.paths import get_path, parse_path
from swell.dialects.artillery.flow.templates import Template, compile_template
from swell.dialects.artillery.flow.values import UNDEFINED, js_text, number_of, truthy

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.test import FlowTest
    from swell.dialects.artillery.flow.vuser import Vuser

__all__ = ["CHECKS", "Expectations", "compile_expectations"]

_JSON_TYPES: Final = ("application/json", "application/problem+json", "application/ld+json")
_CACHE_HEADERS: Final = ("cf-cache-status", "x-cache", "x-vercel-cache", "x-cache-status", "cdn-cache", "x-iinfo")


class Expectations:
    """The checks of one step, in order."""

    def __init__(self, test: FlowTest, checks: list[tuple[str, Template]], name: Any) -> None:
        options = test.expect_options or {}
        self._checks = checks
        self._name = compile_template(name)
        self._as_errors = options.get("reportFailuresAsErrors") in {True, "true"}
        self._only_names = options.get("useOnlyRequestNames") in {True, "true"}
        self._output = test.expect_output

    def check(self, vu: Vuser, answer: Answer) -> str:
        """Make the checks; what the VU is to fail with, "" if it goes on."""
        results: list[Result] = []
        good = True
        for kind, template in self._checks:
            check = CHECKS.get(kind)
            if check is None:
                vu.warn_once(f"Expect Plugin: Expectation '{kind}' is not supported")
                continue
            result = check(answer, template(vu))
            outcome = "ok" if result.ok else "failed"
            vu.metrics.counter(f"plugins.expect.{outcome}")
            vu.metrics.counter(f"plugins.expect.{outcome}.{result.type}")
            good = good and result.ok
            results.append(result)
        name = js_text(self._name(vu)) if self._name.value is not None else ""
        self._output.tell(vu, answer, name, results)
        if good or not self._as_errors:
            return ""
        return f"Failed expectations for request {name if self._only_names and name else answer.response.url}"


def compile_expectations(test: FlowTest, spec: Any, name: Any = None) -> Expectations | None:
    """The checks of a step called `name`; None if there are none. Raises ValueError for what is no check."""
    options = test.expect_options
    if options is None:
        return None
    checks: list[tuple[str, Template]] = []
    for entry in cast("list[Any]", spec) if isinstance(spec, list) else [spec]:
        if entry is None:
            continue
        if not isinstance(entry, Mapping):
            raise ValueError(f"expect is a mapping of checks such as {{statusCode: 200}}, not {entry!r}")
        given = {str(key): value for key, value in cast("Mapping[Any, Any]", entry).items()}
        checks += [(key, compile_template(value)) for key, value in given.items() if key != "description"]
    if not checks and options.get("expectDefault200") in {True, "true"}:
        checks.append(("statusCode", Template(200, None)))
    return Expectations(test, checks, name) if checks else None


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _is_status(answer: Answer, wanted: Any) -> bool:
    return any(number_of(each) == answer.status for each in _list(wanted))


def _status(answer: Answer, wanted: Any) -> Result:
    return Result(_is_status(answer, wanted), wanted, answer.status, "statusCode")


def _not_status(answer: Answer, wanted: Any) -> Result:
    text = f"Status code different than {js_text(wanted)}"
    return Result(not _is_status(answer, wanted), text, answer.status, "notStatusCode")


def _content_type(answer: Answer, wanted: Any) -> Result:
    got = js_text(answer.header("content-type") or "")
    media = got.split(";", maxsplit=1)[0].strip().lower()
    want = js_text(wanted).lower()
    if want == "json":
        if media not in _JSON_TYPES:
            return Result(False, wanted, f"content-type is {got or 'undefined'}", "contentType")
        there = answer.data is not NO_JSON
        return Result(there, wanted, "json" if there else "could not parse response body as JSON", "contentType")
    # The type alone is enough: Artillery wants `text/html; charset=utf-8` to the letter.
    same = bool(got) and (got.lower() == want or media == want)
    return Result(same, wanted, got or "content-type header not set", "contentType")


def _property(answer: Answer, wanted: Any, kind: str) -> tuple[bool, Result]:
    """Whether the response has it, and the result if this kind of check fails."""
    data, path = answer.data, js_text(wanted)
    if not isinstance(data, (dict, list)):
        return False, Result(False, wanted, "response body is not an object", kind)
    there = get_path(cast("Any", data), parse_path(path.removeprefix("$."))) is not UNDEFINED
    return there, Result(False, wanted, f"response body has {'' if there else 'no '}{path} property", kind)


def _has_property(answer: Answer, wanted: Any) -> Result:
    there, missing = _property(answer, wanted, "hasProperty")
    return Result(True, wanted, wanted, "hasProperty") if there else missing


def _has_not_property(answer: Answer, wanted: Any) -> Result:
    there, found = _property(answer, wanted, "notHasProperty")
    is_object = isinstance(answer.data, (dict, list))
    return found if there or not is_object else Result(True, wanted, wanted, "notHasProperty")


def _equals(_: Answer, wanted: Any) -> Result:
    texts = [js_text(each) for each in _list(wanted)]
    return Result(len(set(texts)) == 1, "all values to be equal", ", ".join(texts), "equals")


def _has_header(answer: Answer, wanted: Any) -> Result:
    name = js_text(wanted)
    there = answer.header(name) is not None
    return Result(there, wanted, name if there else f"response has no {name} header", "hasHeader")


def _header_equals(answer: Answer, wanted: Any) -> Result:
    pair = _list(wanted)
    name = js_text(pair[0]) if pair else ""
    kind = f"header {name} values equals"
    if len(pair) != 2:
        return Result(False, "a list of a header's name and its value", js_text(wanted), kind)
    got = answer.header(name)
    if got is None:
        return Result(False, f"response to have {name} header", f"response has no {name} header", kind)
    return Result(js_text(got) == js_text(pair[1]), pair[1], js_text(got), kind)


def _matches(answer: Answer, wanted: Any) -> Result:
    try:
        there = re.search(python_regexp(js_text(wanted)), answer.text) is not None
    except (ValueError, re.error) as error:
        return Result(False, True, str(error), "matchesRegexp")
    return Result(there, True, there, "matchesRegexp")


def _cdn_hit(answer: Answer, wanted: Any) -> Result:
    hit = truthy(wanted)
    starts = ("hit", "stale") if hit else ("miss",)
    expected = f"a cache header indicating a cache {'hit' if hit else 'miss'}"
    for name in _CACHE_HEADERS:
        value = answer.header(name)
        if value is not None and js_text(value).lower().startswith(starts):
            return Result(True, expected, f"{name} is {js_text(value)}", "cdnHit")
    return Result(False, expected, "cache status header not found", "cdnHit")


def _jmespath(answer: Answer, wanted: Any, kind: str = "jmespath") -> Result:
    data = answer.data
    if not isinstance(data, (dict, list)):
        return Result(False, wanted, "response body is not an object", kind)
    try:
        import jmespath  # noqa: PLC0415 # pyright: ignore # an optional package
    except ImportError:
        return Result(False, wanted, "jmespath is not installed: pip install jmespath", kind)
    library: Any = jmespath
    try:
        found = library.search(js_text(wanted), cast("Any", data))
    except Exception as error:
        return Result(False, wanted, str(error), kind)
    return Result(truthy(found), wanted, js_text(found), kind)


def _jpath(answer: Answer, wanted: Any) -> Result:
    return _jmespath(answer, wanted, "jpath")


CHECKS: Final[Mapping[str, Callable[[Answer, Any], Result]]] = {
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
    "jpath": _jpath,
}
"""The checks by their names in scripts."""
