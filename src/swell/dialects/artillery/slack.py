"""The plugin `slack`: one message to a webhook at the end of a run.

Rules: the verdict, checks, errors, counts of VUs and requests, p95 and p99. The webhook's URL is a secret: nothing
that is shown or stored has more of it than the host. A message that cannot be sent is a warning.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from swell.dialects.artillery.console_text import duration_words
from swell.dialects.artillery.shapes import mapping_of
from swell.metrics.redaction import redact_text
from swell.outputs.base import OutputError
from swell.outputs.push import Endpoint, split_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from swell.dialects.artillery.buckets import Bucket
    from swell.dialects.artillery.ensure import CheckResult

__all__ = ["Ended", "message_of", "send_message", "slack_note"]

_MOST = 10
_LONGEST_NAME = 80
_TEXT = 150
_LONGEST_FIELD = 1_900  # Slack takes 2,000
_GREEN, _RED = "\N{LARGE GREEN CIRCLE}", "\N{LARGE RED CIRCLE}"


class Ended(NamedTuple):
    """A run that is over. `name` is that of `--name`, `length` in seconds, `said` what else led to the exit code."""

    exit_code: int
    aggregate: Bucket
    checks: Sequence[CheckResult]
    length: float
    name: str = ""
    said: Sequence[str] = ()


def send_message(config: Mapping[str, Any], ended: Ended, env: Mapping[str, str] | None = None) -> str:
    """Tell of a run where the config wants that; returns what went wrong, "" if nothing did."""
    plugins = mapping_of(config.get("plugins"))
    if "slack" not in plugins:
        return ""
    options = mapping_of(plugins["slack"])
    if options.get("notifyOnFailureOnly") in {True, "true"} and not ended.exit_code:
        return ""
    url = str(options.get("webhookUrl") or (os.environ if env is None else env).get("SLACK_WEBHOOK_URL") or "")
    if not url:
        return "slack: there is no webhook; set config.plugins.slack.webhookUrl, or SLACK_WEBHOOK_URL"
    try:
        parts = split_url(url)
    except ValueError:
        return "slack: the webhook is no http:// or https:// address"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    endpoint = Endpoint(parts, path, {"Content-Type": "application/json"})
    try:
        endpoint.post(json.dumps(message_of(ended)).encode())
    except (OutputError, ValueError, OSError) as error:
        return f"slack: the message could not be sent: {_without(str(error), path)}"
    finally:
        endpoint.close()
    return ""


def slack_note(config: Mapping[str, Any]) -> list[str]:
    """For commands that send no message."""
    if "slack" not in mapping_of(config.get("plugins")):
        return []
    return ["config.plugins.slack acts in `swell artillery run` only"]


def message_of(ended: Ended) -> dict[str, Any]:
    """The message, in Slack's blocks."""
    name = _cut(redact_text(ended.name.strip()), _LONGEST_NAME)
    word = "failed" if ended.exit_code else "finished"
    head = f"{_RED if ended.exit_code else _GREEN} Artillery test run {word}{f' ({name})' if name else ''}"
    counters = ended.aggregate.counters
    created, completed = counters.get("vusers.created", 0), counters.get("vusers.completed", 0)
    failed = counters.get("vusers.failed", 0)
    facts = [
        _field("VUs", f"{completed} completed / {created} created" + (f" / {failed} failed" if failed else "")),
        _field("Duration", duration_words(ended.length)),
        *_figures(ended.aggregate),
    ]
    told = [_field(*_checks(ended.checks)), _field(*_errors(counters))]
    if ended.said:
        told.append(_field("Verdict", "\n".join(f"• {_plain(text)}" for text in ended.said[:_MOST])))
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": head, "emoji": True}},
        {"type": "section", "fields": facts},
        {"type": "section", "fields": told},
    ]
    return {"text": head, "blocks": blocks}


def _figures(aggregate: Bucket) -> list[dict[str, str]]:
    """Requests (or what the engine counts instead) and response times."""
    found: list[dict[str, str]] = []
    for engine, what, sent in (
        ("http", "HTTP", "http.requests"),
        ("websocket", "WebSocket", "websocket.messages_sent"),
        ("socketio", "Socket.IO", "socketio.emit"),
    ):
        if sent in aggregate.counters:
            found.append(_field(f"{what} {sent.rpartition('.')[2].replace('_', ' ')}", f"{aggregate.counters[sent]}"))
        times = aggregate.summaries.get(f"{engine}.response_time")
        if times is not None:
            values = [f"{part} {times[part]:g} ms" for part in ("p95", "p99") if part in times]
            found.append(_field(f"{what} response time", ", ".join(values)))
    return found


def _checks(checks: Sequence[CheckResult]) -> tuple[str, str]:
    if not checks:
        return "Checks", "None defined"
    good = sum(each.ok for each in checks)
    head = f"Checks ({good} / {len(checks)})"
    if len(checks) > _MOST:
        bad = len(checks) - good
        lines = [f"{_GREEN} {good} checks passed"] if good else []
        lines += [f"{_RED} {bad} checks failed"] if bad else []
        return head, _boxed(lines)
    ordered = sorted(checks, key=lambda each: not each.ok)
    return head, _boxed(
        [
            f"{_GREEN if each.ok else _RED} {_plain(each.check.text)}{'' if each.check.strict else ' (optional)'}"
            for each in ordered
        ]
    )


def _errors(counters: Mapping[str, int | float]) -> tuple[str, str]:
    errors = {name.removeprefix("errors."): count for name, count in counters.items() if name.startswith("errors.")}
    if not errors:
        return "Errors", "None"
    lines = [f"\N{CROSS MARK} {_plain(name)} ({count})" for name, count in list(errors.items())[:_MOST]]
    if len(errors) > _MOST:
        lines.append(f"\N{HEAVY PLUS SIGN} {len(errors) - _MOST} more")
    return f"Errors ({len(errors)})", _boxed(lines)


def _field(title: str, text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": f"*{title}*\n{text}"}


def _boxed(lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    while len(text) > _LONGEST_FIELD:
        text = text[: text.rindex("\n")]
    return f"```\n{text}\n```"


def _plain(text: str) -> str:
    """A text that means nothing to Slack, without secrets."""
    text = _cut(" ".join(redact_text(text).split()), _TEXT).replace("`", "'")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}\N{HORIZONTAL ELLIPSIS}"


def _without(text: str, path: str) -> str:
    """A message about a request without its path."""
    return redact_text(text.replace(path, "/...") if len(path) > 1 else text)
