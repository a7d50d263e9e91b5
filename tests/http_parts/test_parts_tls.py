"""TLS contexts: shared, verifying, resuming sessions on both loops; bad files named."""

from __future__ import annotations

import asyncio
import importlib.util
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from swell.http.errors import classify
from swell.http.tls import ResumingContext, TlsSessions, TlsSetupError, tls_context

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

LOOPS = ["asyncio", *(["uvloop"] if importlib.util.find_spec("uvloop") else [])]
TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def _run(loop_name: str, main: Callable[[], Coroutine[object, object, None]]) -> None:
    if loop_name == "asyncio":
        asyncio.run(main())
        return
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def _server_context(authority: trustme.CA, version: ssl.TLSVersion = TLS13, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or ("localhost",))).configure_cert(context)
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


class _Server:
    """Answers each line with "ok" and counts its handshakes, full and resumed."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        self.resumed: list[bool] = []
        self.alpn: list[str | None] = []

    async def __aenter__(self) -> _Server:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.context)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("ssl_object")
        self.resumed.append(bool(connection.session_reused))
        self.alpn.append(connection.selected_alpn_protocol())
        try:
            while await reader.readline():
                writer.write(b"ok\n")
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def ask(self, context: ssl.SSLContext, *, keep: bool = False) -> asyncio.StreamWriter:
        """One connection with one question and its answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=context, server_hostname="localhost")
        writer.write(b"?\n")
        assert await reader.readline() == b"ok\n"
        if not keep:
            writer.close()
        return writer


@pytest.mark.parametrize("loop_name", LOOPS)
@pytest.mark.parametrize("version", [TLS12, TLS13], ids=["TLS1.2", "TLS1.3"])
def test_sessions_are_resumed(authority, ca_file, loop_name, version):
    """The second and every later connection of one client resumes the session of the one before."""

    async def main() -> None:
        async with _Server(_server_context(authority, version)) as server:
            context, sessions = tls_context(ca_file), TlsSessions()
            for _ in range(4):
                await server.ask(sessions.context(context, "localhost", server.port))
            assert server.resumed == [False, True, True, True]
            assert server.alpn == ["http/1.1"] * 4

    _run(loop_name, main)


@pytest.mark.parametrize("loop_name", LOOPS)
def test_clients_do_not_share_sessions(authority, ca_file, loop_name):
    """Each client makes its first handshake in full, though all use one context."""

    async def main() -> None:
        async with _Server(_server_context(authority)) as server:
            context = tls_context(ca_file)
            clients = [TlsSessions() for _ in range(3)]
            for _ in range(2):
                for client in clients:
                    await server.ask(client.context(context, "localhost", server.port))
            assert server.resumed == [False] * 3 + [True] * 3

    _run(loop_name, main)


@pytest.mark.parametrize("loop_name", LOOPS)
def test_open_connections_give_their_session_too(authority, ca_file, loop_name):
    """A second connection beside an open one resumes; settling a closed connection keeps no TLS object."""

    async def main() -> None:
        async with _Server(_server_context(authority)) as server:
            context, sessions = tls_context(ca_file), TlsSessions()
            resuming = sessions.context(context, "localhost", server.port)
            assert isinstance(resuming, ResumingContext)
            first = await server.ask(resuming, keep=True)
            second = await server.ask(resuming, keep=True)
            assert server.resumed == [False, True]
            for writer in (first, second):
                assert writer.get_extra_info("sslcontext") is resuming
                resuming.settle(writer.get_extra_info("ssl_object"))
                writer.close()
            assert resuming._pending == []
            await server.ask(resuming)
            assert server.resumed[-1]

    _run(loop_name, main)


def test_a_server_that_resumes_nothing_is_no_leak(authority, ca_file):
    """Where no session ever comes, at most four connections are remembered."""

    async def main() -> None:
        server_context = _server_context(authority)
        server_context.num_tickets = 0
        async with _Server(server_context) as server:
            context, sessions = tls_context(ca_file), TlsSessions()
            resuming = sessions.context(context, "localhost", server.port)
            assert isinstance(resuming, ResumingContext)
            for _ in range(8):
                writer = await server.ask(resuming)
            assert server.resumed == [False] * 8
            assert len(resuming._pending) == 4
            resuming.settle(writer.get_extra_info("ssl_object"))
            assert len(resuming._pending) == 3

    asyncio.run(main())


def test_one_view_per_client_server_and_setting():
    """A client gets the same view for the same server and context, another for any other."""
    sessions, context = TlsSessions(), tls_context(False)
    view = sessions.context(context, "h", 443)
    assert view is sessions.context(context, "h", 443)
    others = [sessions.context(context, "h", 444), sessions.context(tls_context(), "h", 443)]
    assert view not in [*others, TlsSessions().context(context, "h", 443)]
    assert sessions.server_name("fe80::1%eth0") == "fe80::1"


def _failure(authority: trustme.CA, context: ssl.SSLContext, *names: str) -> str:
    """The kind of failure a handshake with a server of these names ends in."""
    kinds: list[str] = []

    async def main() -> None:
        async with _Server(_server_context(authority, TLS13, *names)) as server:
            try:
                await server.ask(context)
            except OSError as exc:
                kinds.append(classify(exc, "tls", "localhost:443").kind)

    asyncio.run(main())
    return kinds[0] if kinds else "connected"


def test_verification(authority, ca_file):
    """An unknown issuer and a wrong name are refused as such; with verification off both pass."""
    assert _failure(authority, tls_context(True)) == "tls_unknown_ca"
    assert _failure(authority, tls_context(ca_file), "other.example") == "tls_hostname"
    assert _failure(authority, tls_context(ca_file)) == "connected"
    assert _failure(authority, tls_context(False), "other.example") == "connected"


def test_a_server_that_does_not_speak_tls():
    """Plain HTTP on the port is told apart from a TLS failure."""

    async def main() -> None:
        async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(plain, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(OSError) as caught:
                await asyncio.open_connection("127.0.0.1", port, ssl=tls_context(False), server_hostname="localhost")
        assert classify(caught.value, "tls", "h:1").kind == "tls_not_tls"

    asyncio.run(main())


def test_client_certificate(authority, ca_file, tmp_path: Path):
    """A client certificate is shown to a server that asks for one, from one file or from two."""
    both, cert, key = tmp_path / "both.pem", tmp_path / "cert.pem", tmp_path / "key.pem"
    issued = authority.issue_cert("client@example.org")
    issued.private_key_and_cert_chain_pem.write_to_path(str(both))
    issued.cert_chain_pems[0].write_to_path(str(cert))
    issued.private_key_pem.write_to_path(str(key))

    async def main() -> None:
        # With TLS 1.3 a server refuses a client only after the handshake.
        server_context = _server_context(authority, TLS12)
        server_context.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(server_context)
        async with _Server(server_context) as server:
            await server.ask(tls_context(ca_file, str(both)))
            await server.ask(tls_context(ca_file, str(cert), str(key)))
            with pytest.raises(OSError):
                await server.ask(tls_context(ca_file))

    asyncio.run(main())


def test_contexts_are_shared_and_strict(ca_file):
    """Equal settings give the same object; nothing older than TLS 1.2 is spoken; CAs are loaded."""
    assert tls_context() is tls_context(True)
    assert tls_context(ca_file) is tls_context(ca_file)
    assert tls_context(False) is not tls_context(True)
    context = tls_context(ca_file)
    assert context.minimum_version == TLS12
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.cert_store_stats()["x509_ca"] == 1
    assert (tls_context(False).verify_mode, tls_context(False).check_hostname) == (ssl.CERT_NONE, False)


def test_bad_files_are_named(authority, ca_file, tmp_path: Path):
    """A file that is missing, empty, no PEM, of another key or encrypted is refused by name, with the reason."""
    text, empty, missing = tmp_path / "text.pem", tmp_path / "empty.pem", tmp_path / "missing.pem"
    text.write_text("this is not a certificate")
    empty.touch()
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    authority.issue_cert("a.example").cert_chain_pems[0].write_to_path(str(cert))
    authority.issue_cert("b.example").private_key_pem.write_to_path(str(key))
    cases: list[tuple[tuple[bool | str, str | None, str | None], str]] = [
        ((str(missing), None, None), "does not exist"),
        ((str(text), None, None), "no certificate"),
        ((str(empty), None, None), "no certificate"),
        ((True, str(missing), None), "does not exist"),
        ((True, str(text), None), "no certificate"),
        ((True, str(tmp_path), None), "is a directory"),
        ((True, str(cert), str(missing)), "does not exist"),
        ((True, str(cert), str(key)), "does not belong"),
        ((True, None, str(key)), "without a certificate"),
    ]
    for arguments, word in cases:
        with pytest.raises(TlsSetupError, match=word) as caught:
            tls_context(*arguments)
        assert str(tmp_path) in str(caught.value)
    assert classify(TlsSetupError("x"), "tls").kind == "tls"


def test_encrypted_keys_do_not_ask_the_terminal(authority, tmp_path: Path):
    """A key with a passphrase is refused by name instead of asking for it."""
    from cryptography.hazmat.primitives import serialization

    issued = authority.issue_cert("a.example")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(str(cert))
    private = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(TlsSetupError, match=r"key\.pem is encrypted"):
        tls_context(True, str(cert), str(key))


def test_a_directory_of_authorities(authority, tmp_path: Path):
    """A directory of hashed CA files is accepted as a place to verify against."""
    assert tls_context(str(tmp_path)).verify_mode == ssl.CERT_REQUIRED
