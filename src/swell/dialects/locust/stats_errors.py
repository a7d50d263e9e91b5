"""Failures as Locust lists them, and their texts.

Rules: pure but for the clock of `occurred`. An error is text here, as it is in Locust on several workers: the `repr`
of the exception, without addresses of objects. What the HTTP client recorded in its own words becomes the text that
Locust shows for the same failure (`error_text`); what is in Locust's form already stays.
"""

from __future__ import annotations

import ast
import hashlib
import re
import time
from typing import Any, Final, TypedDict

__all__ = ["StatsError", "StatsErrorDict", "error_text"]

_CAUGHT: Final = "CatchResponseError("
_ADDRESS: Final = re.compile(r"(?<=object at )0x[^>]*(?=>)")
_REPR: Final = re.compile(r"[A-Za-z_][\w.]*\(.*\)", re.DOTALL)
_STATUS: Final = re.compile(r"status (\d+) ?(.*) was not expected", re.DOTALL)

# What Python and requests say where the HTTP client has a kind.
_KNOWN: Final = {
    "refused": "ConnectionRefusedError(111, 'Connection refused')",
    "reset": "ConnectionResetError(104, 'Connection reset by peer')",
    "broken_pipe": "BrokenPipeError(32, 'Broken pipe')",
    "dns_not_found": "gaierror(-2, 'Name or service not known')",
    "closed_early": "RemoteDisconnected('Remote end closed connection without response')",
}
# What a test said itself, and what the recorder gathers of the rest.
_AS_IT_IS: Final = frozenset({"failed_check", "custom", "other"})
_CLASSES: Final = {
    "connect_timeout": "ConnectTimeout",
    "read_timeout": "ReadTimeout",
    "total_timeout": "ReadTimeout",
    "too_many_redirects": "TooManyRedirects",
    "proxy": "ProxyError",
    "tls": "SSLError",
    "tls_certificate": "SSLError",
    "tls_hostname": "SSLError",
    "tls_not_tls": "SSLError",
    "tls_unknown_ca": "SSLError",
    "decode": "ContentDecodingError",
}


class StatsErrorDict(TypedDict):
    """`StatsError.serialize`. Times are Unix seconds."""

    name: str
    method: str
    error: str
    occurrences: int
    first_seen: float | None
    last_seen: float | None


class StatsError:
    """One failure of one request: how often, first and last seen (Unix seconds)."""

    def __init__(  # noqa: PLR0917 - Locust's signature
        self,
        method: str,
        name: str,
        error: Exception | str | None,
        occurrences: int = 0,
        first_seen: float | None = None,
        last_seen: float | None = None,
    ) -> None:
        self.method = method
        self.name = name
        self.error = error
        self.occurrences = occurrences
        self.first_seen = first_seen
        self.last_seen = last_seen

    @classmethod
    def parse_error(cls, error: Exception | str | None) -> str:
        """The text of an error, with addresses of objects hidden, so that equal failures are one."""
        text = error if isinstance(error, str) else repr(error)
        return _ADDRESS.sub("0x....", text)

    @classmethod
    def create_key(cls, method: str, name: str, error: Exception | str | None) -> str:
        """The key in `stats.errors`."""
        return hashlib.sha256(f"{method}.{name}.{cls.parse_error(error)!r}".encode()).hexdigest()

    def occurred(self) -> None:
        """Count one more, now."""
        self.occurrences += 1
        now = time.time()
        if self.first_seen is None:
            self.first_seen = now
        self.last_seen = now

    def observe(self, count: int, first: float, last: float) -> None:
        """Count `count` more, seen between these Unix times."""
        self.occurrences += count
        self.first_seen = first if self.first_seen is None else min(self.first_seen, first)
        self.last_seen = last if self.last_seen is None else max(self.last_seen, last)

    def to_name(self) -> str:
        """One line for the error report; the text of a failed `catch_response` stands without its wrapping."""
        return f"{self.method} {self.name}: {_unwrapped(self.error)}"

    def serialize(self) -> StatsErrorDict:
        """As plain data."""
        return {
            "name": self.name,
            "method": self.method,
            "error": self.parse_error(self.error),
            "occurrences": self.occurrences,
            "first_seen": self.first_seen,
            "last_seen": self.last_seen,
        }

    @classmethod
    def unserialize(cls, data: StatsErrorDict) -> StatsError:
        """From plain data."""
        times = data.get("first_seen"), data.get("last_seen")
        return cls(data["method"], data["name"], data["error"], data["occurrences"], *times)

    def to_dict(self) -> dict[str, Any]:
        """As plain data, in the order of Locust's web page."""
        plain = self.serialize()
        return {key: plain[key] for key in ("method", "name", "error", "occurrences", "first_seen", "last_seen")}


def error_text(kind: str, message: str, name: str) -> str:
    """What Locust would show for an error group of this kind, message and request name."""
    if _REPR.fullmatch(message):
        return message
    if kind in _KNOWN:
        return _KNOWN[kind]
    if kind.startswith("http_") and (found := _STATUS.fullmatch(message)):
        status, reason = int(found[1]), found[2]
        side = "Server" if status >= 500 else "Client"
        return f"HTTPError({f'{status} {side} Error: {reason} for url: {name}'!r})"
    if kind in _AS_IT_IS:
        return message
    return f"{_CLASSES.get(kind, 'ConnectionError')}({message!r})"


def _unwrapped(error: Exception | str | None) -> str:
    if isinstance(error, Exception) and type(error).__name__ == "CatchResponseError":
        return str(error.args[0]) if error.args else ""
    if not isinstance(error, str):
        return repr(error)
    if not (error.startswith(_CAUGHT) and error.endswith(")")):
        return error
    inner = error[len(_CAUGHT) : -1]
    try:
        return str(ast.literal_eval(inner))
    except (ValueError, SyntaxError):
        # Cut off, or no literal: as it stands.
        return inner
