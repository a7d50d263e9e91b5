"""What the expect plugin prints of a request's checks: its formatters pretty, prettyError, json and silent.

Rules: the lines are the plugin's. Secrets are redacted. Without a format chosen, passing checks are shown for the first
requests only and a failed one tells its context a few times: a load test is no place for a line per response.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from swell.dialects.artillery.flow.values import UNDEFINED, js_text, json_text
from swell.metrics.redaction import redact_headers, redact_text, redact_url

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.answers import Answer
    from swell.dialects.artillery.flow.vuser import Vuser

__all__ = ["FORMATS", "ExpectOutput", "Result"]

FORMATS: Final = ("pretty", "prettyError", "json", "silent")
"""What `outputFormat` may be."""

_SHOWN_OK: Final = 1000
_SHOWN_CONTEXT: Final = 20
_MOST_BODY: Final = 512


class Result(NamedTuple):
    """One check: whether it holds, what was wanted, what came, what it is called in counters."""

    ok: bool
    expected: Any
    got: Any
    type: str


class ExpectOutput:
    """Prints; one for all requests of a worker. `chosen` is the format that the script names, "" for none."""

    def __init__(self, chosen: str, *, listed: bool) -> None:
        self._chosen = chosen
        self._format = chosen or ("pretty" if listed else "prettyError")
        self._left_ok = _SHOWN_OK
        self._left_context = _SHOWN_CONTEXT

    def tell(self, vu: Vuser, answer: Answer, name: str, results: list[Result]) -> None:
        """Print the results of one request."""
        style = self._format
        good = all(result.ok for result in results)
        if style == "silent" or not results or (good and style == "prettyError"):
            return
        url = answer.response.url
        if style == "json":
            vu.log("expect", _json(name, url, results))
            return
        if good and not self._chosen:
            self._left_ok -= 1
            if self._left_ok < 0:
                return
        lines = _pretty(answer.response.endpoint.method, url, name, results)
        if not good and (self._chosen or self._left_context > 0):
            self._left_context -= 1
            lines += _context(answer)
        if good and not self._chosen and self._left_ok == 0:
            lines.append("expect: from here on only failed checks are shown (all with outputFormat: pretty)")
        vu.log("expect", "\n".join(lines))


def _path(url: str) -> str:
    parts = urlsplit(redact_url(url))
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _json(name: str, url: str, results: list[Result]) -> str:
    shown: dict[str, Any] = {"name": name} if name else {}
    shown["url"] = _path(url)
    shown["results"] = [
        {"ok": each.ok, "expected": each.expected, "type": each.type, "got": each.got} for each in results
    ]
    return json_text(shown)


def _pretty(method: str, url: str, name: str, results: list[Result]) -> list[str]:
    lines = [f"* {method} {unquote(_path(url))} {f'- {name}' if name else ''}\n"]
    for each in results:
        got = redact_text(js_text(each.got))
        lines.append(f"  {'ok' if each.ok else 'not ok'} {each.type} {got} ")
        if not each.ok:
            wanted = "undefined" if each.expected is UNDEFINED else redact_text(js_text(each.expected))
            lines += [f"  expected: {wanted}", f"       got: {got}"]
    return lines


def _context(answer: Answer) -> list[str]:
    """What helps to see why a check failed."""
    lines = ["  Request params:", f"    {unquote(redact_url(answer.response.url))}", "  Headers:"]
    fields = redact_headers({name: js_text(value) for name, value in answer.all_headers().items()})
    lines += [f"  {name}: {value}" for name, value in fields.items()]
    return [*lines, "  Body:", redact_text(answer.text)[:_MOST_BODY]]
