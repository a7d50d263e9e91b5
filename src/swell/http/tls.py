"""TLS contexts: made once per setting, and sessions that are resumed.

Rules: a context is expensive (the trusted CAs alone are a megabyte), so it is shared by all clients with the
same settings; what belongs to one client, its sessions, is kept beside it in `TlsSessions`. TLS 1.2 at least,
ALPN http/1.1. A file that is missing or bad is a `TlsSetupError` that names it, at set-up and not at the
first request.
"""

from __future__ import annotations

import ssl
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

import msgspec

__all__ = ["ResumingContext", "TlsSessions", "TlsSetupError", "TlsWish", "present", "tls_context"]

# Connections of one name that are remembered until they bring a session; each may hold 50 KB of TLS state.
_MAX_PENDING: Final = 4


class TlsSetupError(ValueError):
    """A CA, certificate or key file cannot be used. The message names it and says why."""

    kind: Final = "tls"


class TlsWish(msgspec.Struct, frozen=True):
    """What few clients wish of TLS.

    `lowest`, `highest`: such as "TLSv1.2", "" for the usual. `ciphers`: OpenSSL's names, for TLS up to 1.2. `cert`,
    `key`: PEM texts of the client's certificate; `password`: of the key.
    """

    lowest: str = ""
    highest: str = ""
    ciphers: str = ""
    cert: str = ""
    key: str = ""
    password: str = ""


class ResumingContext:
    """A context as one client sees it for one server: it offers that client's last session again.

    It has the one method of `SSLContext` that event loops use. An `SSLContext` of its own would cost each
    client a megabyte; a subclass of it would be shared, and so would its sessions.

    A session cannot be taken when the handshake ends: with TLS 1.3 its ticket comes after it, with the first
    answer. So connections are remembered, and asked when the next one is made or when they are closed.
    """

    __slots__ = ("_context", "_pending", "_session")

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._session: ssl.SSLSession | None = None
        self._pending: list[ssl.SSLObject] = []

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
    ) -> ssl.SSLObject:
        """As `SSLContext.wrap_bio`; asyncio and uvloop both make their connections here."""
        self.settle()
        connection = self._context.wrap_bio(incoming, outgoing, server_side, server_hostname, self._session)
        self._pending.append(connection)
        if len(self._pending) > _MAX_PENDING:
            del self._pending[0]
        return connection

    def settle(self, closed: ssl.SSLObject | None = None) -> None:
        """Take the newest session; forget the connections that have nothing more to give.

        Call it when a connection is lost, with its TLS object: not needed, but spares memory.
        """
        waiting: list[ssl.SSLObject] = []
        for connection in self._pending:
            session = _resumable(connection)
            if session is not None:
                self._session = session
            elif connection is not closed:
                waiting.append(connection)
        self._pending = waiting


class TlsSessions:
    """The TLS sessions of one client, by server.

    Each client has its own: if all resumed each other's, as no real users do, the target would be spared most
    of its handshakes.
    """

    __slots__ = ("_contexts",)

    def __init__(self) -> None:
        # By context too, since a session cannot be used in another.
        self._contexts: dict[tuple[ssl.SSLContext, str, int], ResumingContext] = {}

    def context(self, context: ssl.SSLContext, host: str, port: int) -> ssl.SSLContext:
        """What to pass as `ssl` to create_connection.

        It is a `ResumingContext`, and stays available as `transport.get_extra_info("sslcontext")`. Not for
        `loop.start_tls`, which insists on the real type.
        """
        key = (context, host, port)
        found = self._contexts.get(key)
        if found is None:
            found = self._contexts[key] = ResumingContext(context)
        return cast("ssl.SSLContext", found)

    def server_name(self, host: str, port: int = 0) -> str:
        """What to pass as `server_hostname`: a zone id is of this machine and stands in no certificate."""
        del port
        return host.partition("%")[0]


def _resumable(connection: ssl.SSLObject) -> ssl.SSLSession | None:
    """The session of a connection if it can be resumed: with TLS 1.3 only once its ticket has come."""
    try:
        session = connection.session
    except ValueError:  # its own handshake is still under way
        return None
    if session is None or session.has_ticket:
        return session
    return session if session.id and connection.version() == "TLSv1.2" else None


def tls_context(
    verify: bool | str = True, cert: str | None = None, key: str | None = None, wish: TlsWish | None = None
) -> ssl.SSLContext:
    """The context for these settings, the same object each time.

    `verify` True trusts the system's CAs (or SSL_CERT_FILE, SSL_CERT_DIR), a path those in a PEM file or
    directory, False everybody. `cert` is a PEM file with the client's certificate, and its key unless `key`
    names another. Raises TlsSetupError.
    """
    return _context(verify if isinstance(verify, bool) else str(verify), str(cert or ""), str(key or ""), wish)


@lru_cache(maxsize=256)
def _context(verify: bool | str, cert: str, key: str, wish: TlsWish | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif verify is True:
        context.load_default_certs()
    else:
        _trust(context, verify)
    if key and not cert:
        raise TlsSetupError(f"a client key without a certificate: {key}; give the certificate file too")
    if cert:
        _present(context, cert, key)
    if wish is not None:
        _grant(context, wish)
    return context


def _grant(context: ssl.SSLContext, wish: TlsWish) -> None:
    """Versions, ciphers and a certificate of one's own."""
    if wish.highest:
        context.maximum_version = _version(wish.highest)
    if wish.lowest:
        context.minimum_version = _version(wish.lowest)
    old = context.minimum_version < ssl.TLSVersion.TLSv1_2
    if wish.ciphers or old:
        # OpenSSL's usual level of security has no TLS below 1.2.
        try:
            context.set_ciphers((wish.ciphers or "DEFAULT") + ("@SECLEVEL=0" if old else ""))
        except ssl.SSLError:
            raise TlsSetupError(f"none of the cipher suites {wish.ciphers} is known to OpenSSL here") from None
    if wish.cert:
        present(context, wish)


def _version(name: str) -> ssl.TLSVersion:
    try:
        return ssl.TLSVersion[name.replace(".", "_")]
    except KeyError:
        raise TlsSetupError(f"there is no TLS version {name!r}") from None


def present(context: ssl.SSLContext, wish: TlsWish) -> None:
    """Load the certificate of `wish`. OpenSSL reads files only, so it is in one for this moment. TlsSetupError."""
    with tempfile.TemporaryDirectory(prefix="swell-tls-") as folder:  # for this user only
        cert, key = Path(folder, "cert.pem"), Path(folder, "key.pem")
        cert.write_text(wish.cert, "utf-8")
        key.write_text(wish.key or wish.cert, "utf-8")
        try:
            # Always given: without one OpenSSL would ask at the terminal.
            context.load_cert_chain(cert, key, password=lambda: wish.password)
        except (OSError, ValueError) as exc:
            if "ENCRYPTED" in (wish.key or wish.cert):
                trouble = "the password is wrong" if wish.password else "there is no password"
                raise TlsSetupError(f"the client key is encrypted, and {trouble}") from None
            reason = _reason(exc) if isinstance(exc, OSError) else str(exc)
            raise TlsSetupError(f"the client certificate cannot be used: {reason}") from None


def _trust(context: ssl.SSLContext, place: str) -> None:
    """Trust the CAs in a file or directory, and what is pinned there even if it is no root."""
    path = _readable(place, "CA file", directory_too=True)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    try:
        if path.is_dir():
            context.load_verify_locations(capath=place)
        else:
            context.load_verify_locations(cafile=place)
    except OSError as exc:
        raise TlsSetupError(f"the CA file {place} cannot be used: {_reason(exc)}") from None


def _present(context: ssl.SSLContext, cert: str, key: str) -> None:
    """Load the client's own certificate and key."""
    _readable(cert, "client certificate")
    if key:
        _readable(key, "client key")

    def no_password() -> str:
        raise TlsSetupError(f"the client key {key or cert} is encrypted; give one without a passphrase")

    try:
        context.load_cert_chain(cert, key or None, password=no_password)
    except OSError as exc:
        named = f"{cert} with the key {key}" if key else cert
        raise TlsSetupError(f"the client certificate {named} cannot be used: {_reason(exc)}") from None


def _readable(place: str, what: str, *, directory_too: bool = False) -> Path:
    path = Path(place)
    if not path.exists():
        raise TlsSetupError(f"the {what} {place} does not exist")
    if path.is_dir():
        if directory_too:
            return path
        raise TlsSetupError(f"the {what} {place} is a directory")
    try:
        path.open("rb").close()
    except OSError as exc:
        raise TlsSetupError(f"the {what} {place} cannot be read: {_reason(exc)}") from None
    return path


def _reason(exc: OSError) -> str:
    given: Any = getattr(exc, "reason", None)
    if "PEM lib" in str(exc) or (not given and not exc.errno):
        return "it holds no certificate or key in PEM form"
    if isinstance(given, str) and given:
        return {
            "NO_CERTIFICATE_OR_CRL_FOUND": "it holds no certificate in PEM form",
            "NO_START_LINE": "it holds no certificate or key in PEM form",
            "KEY_VALUES_MISMATCH": "the key does not belong to the certificate",
        }.get(given, given.replace("_", " ").lower())
    return (exc.strerror or "not readable").lower()
