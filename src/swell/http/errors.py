"""Failures of a request as typed, countable errors, and their numbers as in k6.

Rules: a `RequestError` fails the request and never reaches the code of a user; `InvalidUrl` is misuse and
does. A kind is a stable slug (tag `error` and the grouping of the summary), a message is one line for people
in which nothing varies from one connection to the next (no local ports, no object addresses), so that equal
failures group. Pure.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from typing import Final, Literal, TypeAlias, cast

__all__ = [
    "KINDS",
    "NEVER_SENT",
    "InvalidUrl",
    "Phase",
    "RequestError",
    "classify",
    "error_code",
    "status_error_code",
]

Phase: TypeAlias = Literal["lookup", "connect", "tls", "proxy", "send", "wait", "receive"]

KINDS: Final[dict[str, int]] = {
    "generic": 1000,
    "cancelled": 1000,
    "closed_early": 1000,
    "malformed": 1000,
    "too_many_redirects": 1000,
    "body_too_large": 1000,
    "proxy": 1000,
    "upgrade": 1000,
    "invalid_url": 1020,
    "total_timeout": 1050,
    "read_timeout": 1050,
    "dns": 1100,
    "dns_not_found": 1101,
    "blocked_ip": 1110,
    "blocked_host": 1111,
    "broken_pipe": 1201,
    "connect_timeout": 1211,
    "refused": 1212,
    "unreachable": 1213,
    "no_local_port": 1213,
    "too_many_files": 1213,
    "reset": 1220,
    "tls": 1300,
    "tls_certificate": 1300,
    "tls_not_tls": 1301,
    "tls_unknown_ca": 1310,
    "tls_hostname": 1311,
    "decode": 1701,
}

NEVER_SENT: Final = frozenset(
    kind
    for kind in KINDS
    if kind in {"refused", "unreachable", "no_local_port", "too_many_files", "connect_timeout", "proxy", "invalid_url"}
    or kind.startswith(("dns", "tls", "blocked"))
)
"""Failures before a byte of the request was sent: such a request has no duration, and a target that is down must not
look quick."""

_BEFORE_REQUEST: Final = ("lookup", "connect", "tls", "proxy")


def _numbers(*names: str) -> frozenset[int]:
    """The numbers of these errno names on this system; a few names are missing on some."""
    return frozenset(cast("int", getattr(errno, name)) for name in names if hasattr(errno, name))


_REFUSED: Final = _numbers("ECONNREFUSED")
_RESET: Final = _numbers("ECONNRESET", "ECONNABORTED", "ENETRESET")
_PIPE: Final = _numbers("EPIPE", "ESHUTDOWN", "ENOTCONN")
_TIMED_OUT: Final = _numbers("ETIMEDOUT")
# EACCES and EPERM on connect are a local firewall's answer.
_UNREACHABLE: Final = _numbers("ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EHOSTDOWN", "EACCES", "EPERM")
_NO_PORT: Final = _numbers("EADDRNOTAVAIL", "EADDRINUSE")
_NO_FILES: Final = _numbers("EMFILE", "ENFILE")

_NOT_FOUND: Final = frozenset(
    cast("int", getattr(socket, name)) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name)
)

# X509_V_ERR_*: no trusted issuer (2, 20, 21), self-signed (18, 19), not allowed for this use (24..28).
_UNKNOWN_CA: Final = frozenset({2, 18, 19, 20, 21, 24, 25, 26, 27, 28})
# X509_V_ERR_HOSTNAME_MISMATCH, _EMAIL_MISMATCH, _IP_ADDRESS_MISMATCH.
_WRONG_NAME: Final = frozenset({62, 63, 64})
# What OpenSSL says when the other side speaks something else, plain HTTP above all.
_NOT_TLS: Final = frozenset(
    {
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
        "HTTPS_PROXY_REQUEST",
        "UNKNOWN_PROTOCOL",
        "PACKET_LENGTH_TOO_LONG",
    }
)
# asyncio folds several failed addresses into one OSError without a number but with this in its text.
_ERRNO_IN_TEXT: Final = re.compile(r"\[Errno (-?\d+)\]")


class RequestError(Exception):
    """Why a request failed.

    `kind` is a slug of `KINDS`, `message` one line for people. `str()` is the message.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)
        self.kind = kind
        self.message = message

    @property
    def code(self) -> int:
        """The number of the kind, as in k6."""
        return error_code(self.kind)

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return f"RequestError({self.kind}: {self.message})"


class InvalidUrl(ValueError):
    """Misuse: no request can be made from this URL. The message says what to write instead."""

    kind: Final = "invalid_url"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def code(self) -> int:
        """The number of the kind, as in k6."""
        return error_code(self.kind)


def error_code(kind: str) -> int:
    """k6's number of a kind (tag `error_code`); 1000 for one that has none."""
    return KINDS.get(kind, 1000)


def status_error_code(status: int) -> int:
    """k6's number of an HTTP status: 1000 + status from 400 on, else 0 (no error)."""
    return 1000 + status if status >= 400 else 0


def classify(exc: BaseException, phase: Phase, where: str = "") -> RequestError:
    """What this exception means in this phase of a request.

    `where` is the other side as "host:port", for the message. A `RequestError` (also one that httptools
    wrapped) comes back as it is.
    """
    if isinstance(exc, RequestError):
        return exc
    if isinstance(exc, ValueError) and isinstance(kind := getattr(exc, "kind", None), str):
        return RequestError(kind, str(exc))  # InvalidUrl, tls.TlsSetupError
    if isinstance(exc, BaseExceptionGroup):
        return classify(cast("BaseExceptionGroup[BaseException]", exc).exceptions[0], phase, where)
    if type(exc).__name__ == "CancelledError":  # by name: importing asyncio for it costs 60 ms, also to --help
        return RequestError("cancelled", "the request was cancelled")
    if isinstance(exc, ssl.SSLError):
        return _classify_tls(exc, phase, where)
    if isinstance(exc, socket.gaierror):
        return _classify_lookup(exc, where)
    if isinstance(exc, UnicodeError) and phase == "lookup":
        return RequestError("dns_not_found", f"{_name(where)} is no valid host name")
    if isinstance(exc, OSError):
        return _classify_system(exc, phase, where)
    if isinstance(exc, EOFError):
        return _closed(phase, where)
    if type(exc).__module__.partition(".")[0] == "httptools":
        return _classify_parser(exc, phase, where)
    text = " ".join(str(exc).split())
    name = type(exc).__name__
    return RequestError("generic", f"{name}: {text}" if text else name)


def _name(where: str) -> str:
    return where or "the target"


def _from(where: str) -> str:
    return f" from {where}" if where else ""


def _closed(phase: Phase, where: str) -> RequestError:
    """The other side ended the connection in good order, but too early."""
    when = {
        "lookup": "while connecting",
        "connect": "while connecting",
        "tls": "during the TLS handshake",
        "proxy": "before the proxy answered",
        "send": "before it took the whole request",
        "wait": "without an answer",
        "receive": "in the middle of the answer",
    }[phase]
    kind = "tls" if phase == "tls" else "closed_early"
    return RequestError(kind, f"{_name(where)} closed the connection {when}")


def _timed_out(phase: Phase, where: str) -> RequestError:
    if phase in _BEFORE_REQUEST:
        what = {"lookup": "looking up", "connect": "connecting to", "tls": "the TLS handshake with"}
        text = what.get(phase, "waiting for the proxy to connect to")
        return RequestError("connect_timeout", f"timed out {text} {_name(where)}")
    what = {"send": "sending to", "wait": "waiting for an answer from"}.get(phase, "reading the answer of")
    return RequestError("read_timeout", f"timed out {what} {_name(where)}")


def _classify_lookup(exc: socket.gaierror, where: str) -> RequestError:
    if exc.errno in _NOT_FOUND:
        return RequestError("dns_not_found", f"no address is known for {_name(where)}")
    reason = exc.strerror or "unknown reason"
    return RequestError("dns", f"looking up {_name(where)} failed: {reason}")


def _classify_tls(exc: ssl.SSLError, phase: Phase, where: str) -> RequestError:
    if isinstance(exc, ssl.SSLCertVerificationError):
        code = exc.verify_code
        reason = exc.verify_message.rstrip(".") or "not valid"
        kind = "tls_hostname" if code in _WRONG_NAME else "tls_unknown_ca" if code in _UNKNOWN_CA else "tls_certificate"
        return RequestError(kind, f"the certificate of {_name(where)} was refused: {reason}")
    if isinstance(exc, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return _closed(phase, where)
    reason = exc.reason or ""
    if reason in _NOT_TLS and phase in _BEFORE_REQUEST:
        return RequestError("tls_not_tls", f"{_name(where)} does not speak TLS; is it http:// instead of https://?")
    text = reason.replace("_", " ").lower() or exc.strerror or "unknown reason"
    return RequestError("tls", f"TLS with {_name(where)} failed: {text}")


def _classify_system(exc: OSError, phase: Phase, where: str) -> RequestError:
    number = exc.errno
    if number is None:
        found = _ERRNO_IN_TEXT.search(str(exc))
        number = int(found[1]) if found else 0
    if isinstance(exc, TimeoutError) or number in _TIMED_OUT:
        return _timed_out(phase, where)
    if number in _REFUSED or isinstance(exc, ConnectionRefusedError):
        return RequestError("refused", f"{_name(where)} refused the connection")
    if number in _RESET or isinstance(exc, ConnectionResetError | ConnectionAbortedError):
        return RequestError("reset", f"{_name(where)} reset the connection")
    if number in _PIPE or isinstance(exc, BrokenPipeError):
        return RequestError("broken_pipe", f"{_name(where)} closed the connection while the request was sent")
    if number in _NO_FILES:
        return RequestError(
            "too_many_files",
            "this process has too many open files; raise the limit (ulimit -n) or use fewer users",
        )
    if phase in _BEFORE_REQUEST:
        if number in _NO_PORT:
            return RequestError(
                "no_local_port",
                f"no free local port or address to reach {_name(where)} from; reuse connections",
            )
        if number in _UNREACHABLE:
            return RequestError("unreachable", f"{_name(where)} cannot be reached: {os.strerror(number).lower()}")
    text = exc.strerror or " ".join(str(exc).split()) or type(exc).__name__
    if exc.filename is not None:
        text = f"{text}: {exc.filename}"
    return RequestError("generic", text)


def _classify_parser(exc: BaseException, phase: Phase, where: str) -> RequestError:
    context = exc.__context__ or exc.__cause__
    if isinstance(context, RequestError):
        return context
    if type(exc).__name__ == "HttpParserUpgrade":
        return RequestError("upgrade", f"{_name(where)} switched to another protocol, which was not asked for")
    text = " ".join(str(exc).split()) or type(exc).__name__
    kind = "proxy" if phase == "proxy" else "malformed"
    return RequestError(kind, f"the answer{_from(where)} is not valid HTTP: {text}")
