"""The taxonomy of failures: kinds, k6's numbers, classification by what the system raised."""

from __future__ import annotations

import asyncio
import errno
import pickle
import socket
import ssl

import httptools
import pytest

from swell.http.errors import KINDS, InvalidUrl, RequestError, classify, error_code, status_error_code


@pytest.mark.parametrize(
    ("exc", "phase", "kind"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "connect", "refused"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "wait", "reset"),
        (ConnectionResetError(), "send", "reset"),
        (ConnectionAbortedError(errno.ECONNABORTED, "x"), "receive", "reset"),
        (BrokenPipeError(errno.EPIPE, "x"), "send", "broken_pipe"),
        (OSError(errno.ENETUNREACH, "x"), "connect", "unreachable"),
        (OSError(errno.EHOSTUNREACH, "x"), "connect", "unreachable"),
        (PermissionError(errno.EACCES, "x"), "connect", "unreachable"),
        (OSError(errno.EADDRNOTAVAIL, "x"), "connect", "no_local_port"),
        (OSError(errno.EMFILE, "x"), "connect", "too_many_files"),
        (OSError(errno.ENFILE, "x"), "lookup", "too_many_files"),
        (OSError(errno.ETIMEDOUT, "x"), "connect", "connect_timeout"),
        (OSError(errno.ETIMEDOUT, "x"), "receive", "read_timeout"),
        (TimeoutError(), "lookup", "connect_timeout"),
        (TimeoutError(), "tls", "connect_timeout"),
        (TimeoutError(), "wait", "read_timeout"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed, [Errno 101] x"), "connect", None),
        (socket.gaierror(socket.EAI_NONAME, "x"), "lookup", "dns_not_found"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), "lookup", "dns"),
        (UnicodeError("label too long"), "lookup", "dns_not_found"),
        (EOFError(), "wait", "closed_early"),
        (asyncio.IncompleteReadError(b"x", 5), "receive", "closed_early"),
        (ssl.SSLEOFError(8, "EOF"), "tls", "tls"),
        (ssl.SSLZeroReturnError(6, "closed"), "receive", "closed_early"),
        (httptools.HttpParserInvalidStatusError("bad"), "wait", "malformed"),
        (httptools.HttpParserError("bad"), "proxy", "proxy"),
        (httptools.HttpParserUpgrade(1), "wait", "upgrade"),
        (asyncio.CancelledError(), "wait", "cancelled"),
        (InvalidUrl("no host"), "connect", "invalid_url"),
        (ExceptionGroup("several", [ConnectionRefusedError(errno.ECONNREFUSED, "x")]), "connect", "refused"),
        (RuntimeError("strange"), "wait", "generic"),
    ],
)
def test_each_failure_gets_its_kind(exc, phase, kind):
    """What the system raises in a phase becomes the right kind, with a message that names the other side."""
    found = classify(exc, phase, "host:1")
    assert found.kind in KINDS
    assert found.message
    assert "\n" not in found.message
    if kind is not None:
        assert found.kind == kind


def test_asyncio_text_of_several_addresses():
    """The numbers asyncio hides in a text are read."""
    text = f"Multiple exceptions: [Errno {errno.ECONNREFUSED}] Connect call failed"
    assert classify(OSError(text), "connect").kind == "refused"


def _certificate_error(code: int) -> ssl.SSLCertVerificationError:
    exc = ssl.SSLCertVerificationError(1, "x")
    exc.verify_code = code
    exc.verify_message = "because"
    return exc


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (62, "tls_hostname"),
        (64, "tls_hostname"),
        (18, "tls_unknown_ca"),
        (20, "tls_unknown_ca"),
        (10, "tls_certificate"),
    ],
)
def test_certificate_failures_are_told_apart(code, kind):
    """A wrong name, an unknown issuer and an expired certificate are three kinds."""
    assert classify(_certificate_error(code), "tls", "h:443").kind == kind


def test_numbers_are_those_of_k6():
    """The documented k6 numbers stand, and a status becomes 1000 + status from 400 on."""
    expected = {
        "invalid_url": 1020,
        "total_timeout": 1050,
        "dns": 1100,
        "dns_not_found": 1101,
        "broken_pipe": 1201,
        "connect_timeout": 1211,
        "refused": 1212,
        "reset": 1220,
        "tls": 1300,
        "tls_not_tls": 1301,
        "tls_unknown_ca": 1310,
        "tls_hostname": 1311,
        "decode": 1701,
        "no such kind": 1000,
    }
    assert {kind: error_code(kind) for kind in expected} == expected
    assert (status_error_code(404), status_error_code(399)) == (1404, 0)


def test_request_error_passes_through_and_between_processes():
    """A typed error stays itself, also wrapped by httptools, and survives pickling."""
    error = RequestError("body_too_large", "too large")
    assert classify(error, "receive") is error
    wrapped = httptools.HttpParserCallbackError("callback failed")
    wrapped.__context__ = error
    assert classify(wrapped, "receive") is error
    again = pickle.loads(pickle.dumps(error))
    assert (again.kind, again.message, str(again), again.code) == ("body_too_large", "too large", "too large", 1000)


def test_local_port_never_in_the_message():
    """Two connections that fail the same way give the same message."""
    one = classify(ConnectionResetError(104, "Connection reset by peer ('127.0.0.1', 40001)"), "wait", "h:80")
    two = classify(ConnectionResetError(104, "Connection reset by peer ('127.0.0.1', 40002)"), "wait", "h:80")
    assert one.message == two.message
