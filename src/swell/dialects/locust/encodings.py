"""Character sets of response bodies, by the rules of requests.

Rules: what was set counts, then the charset of the Content-Type, then ISO-8859-1 for text and UTF-8 for JSON. Without
any of these UTF-8 is tried before anything is guessed, since guessing is slow.
"""

from __future__ import annotations

from typing import Any

__all__ = ["decoded", "encoding_of", "guessed"]


def encoding_of(response: Any) -> str | None:
    """The character set of a response's body, None if nothing says."""
    extra = response.extra
    if extra is not None and extra.encoding:
        return extra.encoding
    headers: Any = response.headers
    kind: str = headers.get("content-type", "") if headers else ""
    for part in kind.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'") or None
    if "text" in kind:
        return "ISO-8859-1"
    return "utf-8" if "application/json" in kind else None


def guessed(content: bytes) -> str:
    """A guess from the body."""
    from requests.compat import chardet  # noqa: PLC0415 - slow, and rarely asked for

    found: Any = chardet.detect(content) if chardet is not None else None
    encoding: str | None = found["encoding"] if found else None
    return encoding or "utf-8"


def decoded(response: Any, content: bytes) -> str:
    """The body as text; bytes that do not fit become U+FFFD."""
    encoding = encoding_of(response)
    if encoding is None:
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            encoding = guessed(content)
    try:
        return content.decode(encoding, "replace")
    except LookupError:
        return content.decode("utf-8", "replace")
