"""Redaction: what people must not find in a report is taken out before it leaves the worker.

Rules: values are replaced by `MASK`, names stay, so that a report still shows what was sent. Better one
harmless value too many than a secret: names are matched loosely (a header `X-My-Token` is secret), and
things that look like credentials (Bearer and Basic, JSON Web Tokens, passwords within URLs) go wherever
they stand. Pure functions; every pattern is linear in the length of the text. It is a safety net over known
forms, not a proof: no rule finds a secret that looks like nothing in particular.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MASK", "is_secret", "redact_example", "redact_headers", "redact_text", "redact_url"]

MASK = "[redacted]"

_MAX_TEXT = 4_000
_MAX_ITEMS = 100
_MAX_DEPTH = 8

# Compared with a name in lower case without punctuation, so that api_key, apiKey and X-API-Key are one.
_SECRET_PARTS = (
    "accesskey",
    "apikey",
    "authorization",
    "authkey",
    "clientassertion",
    "cookie",
    "credential",
    "jwt",
    "mnemonic",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "secret",
    "sessionid",
    "sessionkey",
    "signature",
    "token",
    "webhookurl",
    "xauth",
)
_SECRET_NAMES = frozenset(
    ("auth", "cardnumber", "csrf", "cvc", "cvv", "otp", "pass", "pin", "session", "sid", "sig", "ssn", "xsrf")
)
_PUNCTUATION = re.compile(r"[^a-z0-9]+")

_CREDENTIALS = re.compile(r"\b(Bearer|Basic|Digest|Negotiate|Token)(\s+)[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE)
_WEB_TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?")
# The path of a webhook is what lets people write into a channel.
_WEBHOOK = re.compile(r"(?<=hooks\.slack\.com/)[^\s\"'<>\\]+", re.IGNORECASE)
_USER_INFO = re.compile(r"(?<=://)[^\s/?#@\"'<>]{1,500}@")
# A whole line `Cookie: a=1; b=2`: everything after the colon is the value.
_HEADER_LINE = re.compile(r"(?m)^([ \t>*<]*)([A-Za-z][A-Za-z0-9-]{0,60})(:[ \t]*)([^\r\n]+)")
# "name": in JSON, in JSON within JSON (escaped quotes), in Python's and JavaScript's dictionaries; then its value.
_QUOTED_NAME = re.compile(r"""\\?["']([^"'\\\r\n]{1,80})\\?["']\s{0,10}[:=]\s{0,10}""")
_QUOTED_VALUE = re.compile(
    r"""(\\")(?:[^"\\]|\\\\\\?.|\\[^"\\])*(?:\\")?|(")(?:[^"\\]|\\.)*"?|(')(?:[^'\\]|\\.)*'?|[^\s,;}\])"'{\[]+""",
    re.DOTALL,
)
# name=value of query strings, forms and cookies, name: value of logs; the value ends at a separator. Only the name is
# matched: what follows a harmless one may be a pair itself (`login failed: password=...`, `next=/?token=...`).
_NAME = re.compile(r"""(?<![A-Za-z0-9_.\-%\[\]])([A-Za-z0-9_.\-%\[\]]{1,80})(?:=|:[ \t]?)(?=[^\s&;,"'<>\\])""")
_VALUE = re.compile(r"""[^\s&;,"'<>\\]+""")
_XML = re.compile(r"<([A-Za-z][A-Za-z0-9_.:-]{0,60})>([^<]{1,4000})(?=</)")
# A field of a multipart body: the value stands after an empty line.
_PART = re.compile(r"""(\bname="([^"\r\n]{1,80})"[^\r\n]*(?:\r?\n[^\r\n]+)*?\r?\n\r?\n)([^\r\n]+)""")


def is_secret(name: str) -> bool:
    """Whether what goes by this name (header, parameter, JSON key, cookie) is to be kept out of reports."""
    if "%" in name:
        name = _unquote(name)
    bare = _PUNCTUATION.sub("", name.lower())
    return bare in _SECRET_NAMES or any(part in bare for part in _SECRET_PARTS)


def _unquote(name: str) -> str:
    from urllib.parse import unquote  # noqa: PLC0415 - rare, and its import costs at start-up

    return unquote(name)


def redact_headers(headers: Mapping[str, Any]) -> dict[str, str]:
    """The headers with the values of secret ones replaced; others pass through `redact_text`."""
    return {str(name): MASK if is_secret(str(name)) else redact_text(_text(value)) for name, value in headers.items()}


def redact_url(url: str) -> str:
    """The URL without user and password, and with the values of secret parameters replaced."""
    url = _USER_INFO.sub(MASK + "@", url)
    head, mark, query = url.partition("?")
    if not mark:
        head, mark, query = url.partition("#")
    return _redact_tokens(head) + mark + redact_text(query)


def redact_text(text: str) -> str:
    """The text with secrets replaced: headers, query strings, forms, JSON, XML, credentials anywhere."""
    text = _HEADER_LINE.sub(_mask_header, text)
    text = _redact_tokens(_USER_INFO.sub(MASK + "@", text))
    text = _PART.sub(_mask_part, text)
    text = _mask_quoted(text)
    text = _mask_pairs(text)
    return _XML.sub(_mask_xml, text)


def redact_example(example: Mapping[str, Any]) -> dict[str, Any]:
    """An example of an error (nested mappings, lists, texts, numbers) without secrets and cut to a bounded size.

    What is none of these becomes text, so that the result can be written as JSON.
    """
    return _redact_mapping(example, 0)


def _redact_tokens(text: str) -> str:
    text = _WEBHOOK.sub(MASK, text)
    return _WEB_TOKEN.sub(MASK, _CREDENTIALS.sub(lambda found: found[1] + found[2] + MASK, text))


def _mask_header(found: re.Match[str]) -> str:
    if not is_secret(found[2]):
        return found[0]
    return found[1] + found[2] + found[3] + MASK


def _mask_part(found: re.Match[str]) -> str:
    return found[1] + MASK if is_secret(found[2]) else found[0]


def _mask_quoted(text: str) -> str:
    # A loop, not a substitution: a value whose name is harmless may hold names of its own.
    parts: list[str] = []
    done = 0
    for name in _QUOTED_NAME.finditer(text):
        if name.start() < done or not is_secret(name[1]):
            continue
        value = _QUOTED_VALUE.match(text, name.end())
        if value is not None:
            quote = value[1] or value[2] or value[3] or '"'
            parts += (text[done : name.end()], quote, MASK, quote)
            done = value.end()
    return "".join((*parts, text[done:]))


def _mask_pairs(text: str) -> str:
    parts: list[str] = []
    done = 0
    for name in _NAME.finditer(text):
        if name.start() < done or not is_secret(name[1]) or text.startswith(MASK, name.end()):
            continue
        value = _VALUE.match(text, name.end())
        if value is not None:
            parts += (text[done : name.end()], MASK)
            done = value.end()
    return "".join((*parts, text[done:]))


def _mask_xml(found: re.Match[str]) -> str:
    return f"<{found[1]}>{MASK}" if is_secret(found[1]) else found[0]


def _redact_mapping(data: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in list(data.items())[:_MAX_ITEMS]:
        key = str(name)
        out[key] = MASK if is_secret(key) and not _is_container(value) else _redact_value(key, value, depth)
    return out


def _redact_value(key: str, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth >= _MAX_DEPTH:
        return "..."
    if isinstance(value, dict):
        return _redact_secret_children(key, cast("dict[Any, Any]", value), depth)
    if isinstance(value, list | tuple):
        return [_redact_item(key, item, depth) for item in cast("list[Any]", value)[:_MAX_ITEMS]]
    text = _text(value)
    return redact_url(text) if key.lower().endswith("url") else redact_text(text)


def _redact_secret_children(key: str, value: dict[Any, Any], depth: int) -> dict[str, Any]:
    if is_secret(key):
        return {str(name): MASK for name in list(value)[:_MAX_ITEMS]}
    return _redact_mapping(value, depth + 1)


def _redact_item(key: str, item: Any, depth: int) -> Any:
    if is_secret(key):
        return MASK
    # Headers and form fields also come as a list of pairs.
    if isinstance(item, list | tuple) and len(cast("list[Any]", item)) == 2:
        name, value = cast("list[Any]", item)
        if isinstance(name, str | bytes):
            label = _text(name)
            return [label, MASK if is_secret(label) else _redact_value(label, value, depth + 1)]
    return _redact_value("", item, depth + 1)


def _is_container(value: Any) -> bool:
    return isinstance(value, dict | list | tuple)


def _text(value: Any) -> str:
    if isinstance(value, bytes | bytearray):
        # Four bytes a character at most: no need to decode a body of megabytes for its first lines.
        value = bytes(value[: 4 * _MAX_TEXT]).decode("utf-8", "replace")
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "... (cut)"
