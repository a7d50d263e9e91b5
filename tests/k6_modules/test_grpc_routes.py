# ruff: noqa: E501 - scripts keep their lines
"""k6/net/grpc: the way to a server: TLS, servers that are not verified, host maps, and what is blocked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

pytest.importorskip("grpc")
pytest.importorskip("grpc_tools")

import grpc

from swell.dialects.k6.option_network import host_map

if TYPE_CHECKING:
    from .grpc_shop import Desk


def test_tls(desk: Desk) -> None:
    """Certificates of both sides as PEM, a key with a password; without the CA there is no connection."""
    authority = trustme.CA()
    server, own = authority.issue_cert("127.0.0.1"), authority.issue_cert("client")
    root = authority.cert_pem.bytes()
    chain = server.cert_chain_pems[0].bytes()
    credentials = grpc.ssl_server_credentials([(server.private_key_pem.bytes(), chain)], root, True)
    key = serialization.load_pem_private_key(own.private_key_pem.bytes(), None)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    locked = key.private_bytes(*form, serialization.BestAvailableEncryption(b"open"))
    tls = {
        "cacerts": [root.decode()],
        "cert": own.cert_chain_pems[0].bytes().decode(),
        "key": locked.decode(),
        "password": "open",
    }
    found = desk.value(
        f"""const tls = {json.dumps(tls)};
        client.connect(at, {{ tls }});
        const status = client.invoke('shop.v1.Shop/Echo', {{}}).status;
        try {{ client.connect(at); }} catch (e) {{ return [status, e.message]; }}""",
        credentials=credentials,
    )
    assert found[0] == 0
    assert "was refused" in found[1]


def _tls(name: str, authority: trustme.CA | None = None, *, wants: bool = False) -> Any:
    """A server's credentials for a name; with `wants` clients must show a certificate of the authority."""
    authority = authority or trustme.CA()
    server = authority.issue_cert(name)
    chain = b"".join(each.bytes() for each in server.cert_chain_pems)
    pairs = [(server.private_key_pem.bytes(), chain)]
    return grpc.ssl_server_credentials(pairs, authority.cert_pem.bytes() if wants else None, wants)


_ECHO = "const status = client.invoke('shop.v1.Shop/Echo', {}).status; client.close(); return status;"


@pytest.mark.parametrize("name", ["127.0.0.1", "other.test", "*.wild.test"])
def test_servers_that_are_not_verified(desk: Desk, name: str) -> None:
    """With insecureSkipTLSVerify nobody asks who signed the certificate, nor for whom."""
    desk.world.worker.options["insecureSkipTLSVerify"] = True
    assert desk.value(f"client.connect(at); client.close(); client.connect(at); {_ECHO}", credentials=_tls(name)) == 0


def test_a_client_certificate_for_a_server_that_is_not_verified(desk: Desk) -> None:
    """Both together."""
    authority = trustme.CA()
    own = authority.issue_cert("client")
    desk.world.worker.options["insecureSkipTLSVerify"] = True
    tls = {"cert": own.cert_chain_pems[0].bytes().decode(), "key": own.private_key_pem.bytes().decode()}
    body = f"client.connect(at, {{ tls: {tls} }}); {_ECHO}"
    assert desk.value(body, credentials=_tls("a.test", authority, wants=True)) == 0


@pytest.mark.parametrize(
    ("params", "credentials", "said"),
    [
        ("", "plain", "does not speak TLS"),
        ("", "other.test", "was refused"),
        ("{ plaintext: true }", "127.0.0.1", "nobody answers there as a gRPC server"),
    ],
)
def test_why_there_is_no_connection(desk: Desk, params: str, credentials: str, said: str) -> None:
    """The error says what is wrong, and plaintext as a way out of TLS."""
    found = desk.value(
        f"try {{ client.connect(at{', ' + params if params else ''}); }} catch (e) {{ return e.message; }}",
        credentials=None if credentials == "plain" else _tls(credentials),
    )
    assert said in found
    assert ("plaintext" in found) == (not params)


def test_a_host_map(desk: Desk) -> None:
    """The name in the script is the authority; the connection goes elsewhere, also with TLS."""
    options = desk.world.worker.options
    body = """
    const port = at.split(':')[1];
    client.connect(`shop.test:${port}`, { plaintext: true });
    client.invoke('shop.v1.Shop/Echo', {}); client.close();
    client.connect('any.where.test:1', { plaintext: true });
    return client.invoke('shop.v1.Shop/Echo', {}).status;"""
    options["hosts"] = host_map("hosts", {"shop.test": "127.0.0.1"})
    with pytest.raises(Exception, match=r"any\.where\.test"):
        desk.value(body)
    assert len(desk.shop.seen) == 1


def test_a_host_map_with_tls(desk: Desk) -> None:
    """The certificate must be one for the name in the script."""
    authority = trustme.CA()
    desk.world.worker.options["hosts"] = {"*.shop.test": "127.0.0.1"}
    root = authority.cert_pem.bytes().decode()
    body = f"const port = at.split(':')[1]; client.connect(`a.shop.test:${{port}}`, {{ tls: {{ cacerts: {root!r} }} }}); {_ECHO}"
    assert desk.value(body, credentials=_tls("a.shop.test", authority)) == 0


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"blockHostnames": ["*.test"]}, None),
        ({"blockHostnames": ["127.0.0.1"]}, "blocked pattern"),
        ({"blacklistIPs": ["127.0.0.0/8"]}, "blacklisted range"),
    ],
)
def test_what_is_blocked(desk: Desk, rule: dict[str, Any], said: str | None) -> None:
    """It cannot be connected to."""
    desk.world.worker.options |= rule
    found = desk.value("try { client.connect(at, { plaintext: true }); return ''; } catch (e) { return e.message; }")
    assert (said or "") in found
    assert bool(found) == bool(said)
