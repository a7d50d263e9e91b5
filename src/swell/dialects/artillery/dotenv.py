"""Files of environment variables (`--dotenv`).

Rules: pure. One NAME=VALUE a line; `export` before it, comments and quotes as everywhere. Variables that the process
has already are not changed by the caller.
"""

from __future__ import annotations

import re

__all__ = ["parse_dotenv"]

_LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*(?:=|:[ \t])[ \t]*"""
    r"""('(?:\\'|[^'])*'|"(?:\\"|[^"])*"|`(?:\\`|[^`])*`|[^#\r\n]*)?[ \t]*(?:#.*)?$""",
    re.MULTILINE,
)


def parse_dotenv(text: str) -> dict[str, str]:
    """The variables of a file."""
    found: dict[str, str] = {}
    for match in _LINE.finditer(text):
        value = (match[2] or "").strip()
        quote = value[:1]
        if len(value) > 1 and quote in "'\"`" and value.endswith(quote):
            value = value[1:-1]
            if quote == '"':
                value = value.replace("\\n", "\n").replace("\\r", "\r")
        found[match[1]] = value
    return found
