"""TLS: verified by default, sessions resumed, client certificates, and what goes wrong."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from swell.http.response import Response
from swell.http.session import Session
from swell.http.tls import TlsSetupError
from tests.http.conftest import Net, Reader, Writer, answer


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of this test run."""
    return trustme.CA()


@pytest.fixture
def files(authority: trustme.CA, tmp_path: Path) -> dict[str, str]:
    """The authority, and a client's certificate and key, as files."""
    ca, cert, key = tmp_path / "ca.pem", tmp_path / "cert.pem", tmp_path / "key.pem"
    authority.cert_pem.write_to_path(ca)
    client = authority.issue_cert("client@example.com")
    client.cert_chain_pems[0].write_to_path(cert)
    client.private_key_pem.write_to_path(key)
    return {"ca": str(ca), "cert": str(cert), "key": str(key)}


@pytest.fixture
def server_context(authority: trustme.CA) -> Callable[[str], ssl.SSLContext]:
    """A server's TLS for a name."""

    def make(name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        return context

    return make


def get(session: Session) -> Response:
    return session.get("/x")


def test_a_verified_connection(net: Net, files: dict[str, str], server_context: Any) -> None:
    """A certificate of a trusted authority is fine; the handshake is timed; the connection is kept."""

    def user(session: Session) -> list[Response]:
        return [session.get("/") for _ in range(3)]

    responses = net.run(user, net.script(answer()), ssl=server_context("127.0.0.1"), verify=files["ca"])
    assert [response.status_code for response in responses] == [200] * 3
    assert net.connections == 1
    assert responses[0].timings.tls_handshaking > 0.0
    assert responses[0].timings.blocked >= responses[0].timings.connecting + responses[0].timings.tls_handshaking
    assert responses[1].timings.tls_handshaking == 0.0
    peer = responses[0].remote
    assert peer is not None
    assert peer.tls_version.startswith("TLSv1.")
    assert peer.tls_cipher


@pytest.mark.parametrize(
    ("name", "trust", "kind", "code"),
    [("127.0.0.1", False, "tls_unknown_ca", "1310"), ("other.example", True, "tls_hostname", "1311")],
)
def test_bad_certificates(
    net: Net, files: dict[str, str], server_context: Any, name: str, trust: bool, kind: str, code: str
) -> None:
    """Unknown authorities and wrong names are errors of their own; without verification they pass."""
    verify = files["ca"] if trust else True

    def user(session: Session) -> list[int]:
        first = session.get("/x")
        assert first.error is not None
        assert first.error.kind == kind  # type: ignore[attr-defined]
        second = session.get("/x", verify=False)
        session.verify = False
        return [second.status_code, session.get("/x").status_code]

    assert net.run(user, net.script(answer()), ssl=server_context(name), verify=verify) == [200, 200]
    assert [tags.get("error_code") for tags in net.ledger.requests] == [code, None, None]
    assert net.ledger.connects[0][5] > 0.0


def test_a_server_that_speaks_no_tls(net: Net) -> None:
    """Plain HTTP on an https URL is told as such."""

    async def plain(reader: Reader, writer: Writer) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    def user(session: Session) -> Response:
        session.base_url = session.base_url.replace("http:", "https:")
        return session.get("/x")

    response = net.run(user, plain)
    assert response.error.kind == "tls_not_tls"


def test_a_handshake_that_never_ends(net: Net) -> None:
    """A server that accepts and says nothing ends by the connect timeout."""

    async def silent(reader: Reader, writer: Writer) -> None:
        del writer
        while await reader.read(1000):
            pass

    def user(session: Session) -> Response:
        session.base_url = session.base_url.replace("http:", "https:")
        return session.get("/x")

    response = net.run(user, silent, connect_timeout=0.3)
    assert response.error.kind == "connect_timeout"


def test_client_certificates(net: Net, authority: trustme.CA, files: dict[str, str], server_context: Any) -> None:
    """A server that asks for a certificate gets ours, from the options or for one call; else the request fails."""
    context = server_context("127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)

    def user(session: Session) -> list[int]:
        without = session.get("/").status_code
        one = session.get("/", cert=(files["cert"], files["key"])).status_code
        session.cert = (files["cert"], files["key"])
        return [without, one, session.get("/").status_code]

    assert net.run(user, net.script(answer()), ssl=context, verify=files["ca"]) == [0, 200, 200]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_are_resumed(net: Net, files: dict[str, str], server_context: Any, version: ssl.TLSVersion) -> None:
    """A second connection of the same user resumes the first one's TLS session."""
    context = server_context("127.0.0.1")
    context.maximum_version = version
    reused: list[bool] = []

    async def server(reader: Reader, writer: Writer) -> None:
        await net.request(reader)
        reused.append(bool(writer.get_extra_info("ssl_object").session_reused))
        writer.write(answer(Connection="close"))
        await writer.drain()

    def user(session: Session) -> list[int]:
        statuses = []
        for _ in range(3):
            statuses.append(session.get("/").status_code)
            net.hub.sleep(0.05)
        return statuses

    assert net.run(user, server, ssl=context, verify=files["ca"]) == [200] * 3
    assert reused[0] is False
    assert True in reused[1:]


def test_a_large_body_over_tls_both_ways(net: Net, files: dict[str, str], server_context: Any) -> None:
    """Uploads with flow control and large downloads work over TLS too."""
    body = bytes(range(256)) * 8000

    def user(session: Session) -> bytes:
        assert session.post("/up", data=iter([body, body])).ok
        return session.get("/down").content

    assert (
        net.run(user, net.script(answer(), answer(body)), ssl=server_context("127.0.0.1"), verify=files["ca"]) == body
    )
    assert net.bodies[0] == body * 2


def test_a_missing_certificate_file_is_the_users_error(net: Net) -> None:
    """A path that leads nowhere is told to the user's code, with its name; it is no failed request."""

    def user(session: Session) -> None:
        with pytest.raises(TlsSetupError, match=r"no-such\.pem"):
            session.get(f"https://127.0.0.1:{net.port}/", verify="/no-such.pem")

    net.run(user, net.script(answer()))
    assert net.ledger.rows == []


def test_connections_of_one_user_side_by_side(net: Net, files: dict[str, str], server_context: Any) -> None:
    """Several handshakes of one user at the same time do not disturb each other."""

    def user(session: Session) -> list[int]:
        statuses: list[int] = []

        def one() -> None:
            statuses.append(session.get("/").status_code)

        fibers = [net.hub.spawn(one) for _ in range(6)]
        while not all(fiber.dead for fiber in fibers):
            net.hub.sleep(0.02)
        return statuses

    server = net.script(answer(Connection="close"))
    assert net.run(user, server, ssl=server_context("127.0.0.1"), verify=files["ca"]) == [200] * 6


def test_failed_handshakes_close_nobody_elses_socket(net: Net, files: dict[str, str], server_context: Any) -> None:
    """While handshakes fail, other connections keep their descriptors and go on answering."""

    def user(session: Session) -> tuple[int, set[str]]:
        good, kinds = list[bool](), set[str]()

        def works() -> None:
            for _ in range(40):
                good.append(session.get("/", verify=files["ca"]).status_code == 200)

        def fails() -> None:
            for _ in range(20):
                response = session.get("/", verify=True)  # an authority that this machine does not know
                kinds.add(response.error.kind if response.error else "none")

        fibers = [net.hub.spawn(run) for run in [works, fails] * 5]
        while not all(fiber.dead for fiber in fibers):
            net.hub.sleep(0.02)
        return sum(good), kinds

    server = net.script(answer(Connection="close"))
    assert net.run(user, server, ssl=server_context("127.0.0.1"), verify=files["ca"]) == (200, {"tls_unknown_ca"})
