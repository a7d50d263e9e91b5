"""TLS of k6 scripts: versions, cipher suites, client certificates by host."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import trustme

    from ..k6.conftest import K6
    from .conftest import Counting

_SHOW = """
import http from 'k6/http';
export const options = { insecureSkipTLSVerify: true, OPTIONS };
export default function () {
  const r = http.get(__ENV.URL);
  console.log(r.status, r.status ? `${r.tls_version} ${r.json('version')} ${r.json('cipher')}` : r.error_code);
}
"""


def test_a_version(k6: K6, tls_server: Callable[..., Counting]) -> None:
    """The only one that is allowed is the one that is spoken."""
    server = tls_server()
    ran = k6(_SHOW.replace("OPTIONS", "tlsVersion: http.TLS_1_2"), "-e", f"URL=https://127.0.0.1:{server.port}/")
    assert ran.code == 0, ran.err
    assert ran.logged[0].startswith("200 tls1.2 TLSv1.2")


def test_versions_that_do_not_meet(k6: K6, tls_server: Callable[..., Counting]) -> None:
    """A server that is too old is an error of TLS."""
    server = tls_server(highest=ssl.TLSVersion.TLSv1_2)
    ran = k6(_SHOW.replace("OPTIONS", "tlsVersion: {min: 'tls1.3'}"), "-e", f"URL=https://127.0.0.1:{server.port}/")
    assert (ran.code, ran.logged) == (0, ["0 1300"])


def test_cipher_suites(k6: K6, tls_server: Callable[..., Counting]) -> None:
    """Up to TLS 1.2 the suite can be chosen."""
    server = tls_server(highest=ssl.TLSVersion.TLSv1_2)
    chosen = "tlsCipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384']"
    ran = k6(_SHOW.replace("OPTIONS", chosen), "-e", f"URL=https://127.0.0.1:{server.port}/")
    assert ran.code == 0, ran.err
    assert ran.logged[0].endswith("-AES256-GCM-SHA384")


@pytest.mark.parametrize("password", ["", "open sesame"])
def test_client_certificates(
    k6: K6, tls_server: Callable[..., Counting], authority: trustme.CA, tmp_path: Path, password: str
) -> None:
    """Each host gets the certificate that is meant for it, also with an encrypted key; others get none."""
    server = tls_server(wants=True)
    for name in ("one", "two"):
        issued = authority.issue_cert(f"{name}@example.com")
        issued.cert_chain_pems[0].write_to_path(tmp_path / f"{name}.pem")
        (tmp_path / f"{name}.key").write_bytes(_locked(issued.private_key_pem.bytes(), password))
    ran = k6(
        """
        import http from 'k6/http';
        const own = (name, domains) => ({ cert: open(`./${name}.pem`), key: open(`./${name}.key`), domains, PASSWORD });
        export const options = {
          insecureSkipTLSVerify: true,
          hosts: { '*.a.test': `127.0.0.1:${__ENV.PORT}` },
          tlsAuth: [own('one', ['*.a.test']), own('two', ['x.a.test'])],
        };
        export default function () {
          for (const url of ['https://x.a.test/', 'https://y.a.test/', `https://127.0.0.1:${__ENV.PORT}/`]) {
            const r = http.get(url);
            console.log(r.status, r.status ? r.json('client.0') : '');
          }
        }
        """.replace("PASSWORD", f"password: '{password}'" if password else ""),
        "-e",
        f"PORT={server.port}",
    )
    assert ran.code == 0, ran.err
    assert ran.logged == ["200 two@example.com", "200 one@example.com", "0 "]


def test_a_wrong_password(k6: K6, authority: trustme.CA, tmp_path: Path) -> None:
    """It is told before the test, with the option's name and exit code 104."""
    issued = authority.issue_cert("one@example.com")
    (tmp_path / "c.pem").write_bytes(issued.cert_chain_pems[0].bytes())
    (tmp_path / "c.key").write_bytes(_locked(issued.private_key_pem.bytes(), "right"))
    ran = k6(
        "export const options = { tlsAuth: [{ cert: open('./c.pem'), key: open('./c.key'), password: 'wrong' }] };"
        "export default function () {}"
    )
    assert ran.code == 104
    assert "tlsAuth[0]" in ran.err
    assert "password" in ran.err


def _locked(key: bytes, password: str) -> bytes:
    """A private key with this password, if any."""
    from cryptography.hazmat.primitives import serialization as form

    how = form.BestAvailableEncryption(password.encode()) if password else form.NoEncryption()
    found = form.load_pem_private_key(key, None)
    return found.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, how)
