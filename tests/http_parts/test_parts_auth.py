"""Authorization: basic, bearer, digest against the examples of the standard and a reference."""

from __future__ import annotations

import re

import pytest
import requests.auth

from swell.http.auth import BasicAuth, BearerAuth, DigestAuth, basic_header, make_auth


def _fields(header: str | None) -> dict[str, str]:
    assert header is not None
    assert header.startswith("Digest ")
    return {key: quoted or token for key, quoted, token in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', header)}


def test_basic_and_bearer():
    """Both send the same with each request and have no answer to a challenge."""
    assert basic_header("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert BasicAuth("ü", b"x").header("GET", "/") == "Basic w7w6eA=="
    assert BearerAuth("tok").header("GET", "/") == "Bearer tok"
    assert not BasicAuth("a", "b").challenged(['Basic realm="x"'])


def test_what_auth_takes():
    """Pairs, our objects and those of requests are taken; anything else is refused."""
    assert make_auth(None) is None
    assert make_auth(("u", "p")).header("GET", "/") == basic_header("u", "p")  # type: ignore[union-attr]
    assert make_auth(["u", "p"]).header("GET", "/") == basic_header("u", "p")  # type: ignore[union-attr]
    bearer = BearerAuth("t")
    assert make_auth(bearer) is bearer
    assert isinstance(make_auth(requests.auth.HTTPBasicAuth("u", "p")), BasicAuth)
    assert isinstance(make_auth(requests.auth.HTTPDigestAuth("u", "p")), DigestAuth)
    for wrong in ("u:p", 5, ("u",)):
        with pytest.raises(TypeError, match="auth="):
            make_auth(wrong)


RFC7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_examples_of_the_standard(monkeypatch, algorithm, response):
    """The two examples of RFC 7616 section 3.9.1 give the responses printed there."""
    monkeypatch.setattr("swell.http.auth.secrets.token_hex", lambda _: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    auth = DigestAuth("Mufasa", "Circle of Life")
    assert auth.header("GET", "/dir/index.html") is None
    assert auth.challenged([RFC7616.format(algorithm)])
    fields = _fields(auth.header("GET", "/dir/index.html"))
    assert fields["response"] == response
    assert (fields["nc"], fields["qop"], fields["uri"], fields["algorithm"]) == (
        "00000001",
        "auth",
        "/dir/index.html",
        algorithm,
    )
    assert fields["opaque"] == "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"


@pytest.mark.parametrize(
    ("algorithm", "qop"),
    [
        ("", ""),
        ("", ', qop="auth"'),
        (", algorithm=MD5", ""),
        (", algorithm=SHA-256", ""),
        (", algorithm=SHA-256", ', qop="auth"'),
        (", algorithm=MD5-sess", ', qop="auth"'),
    ],
)
def test_digest_as_a_reference_does(monkeypatch, algorithm, qop):
    """With the same client nonce the response is that of requests."""
    challenge = f'Digest realm="realm", nonce="abc"{algorithm}{qop}'
    reference = requests.auth.HTTPDigestAuth("user", "pass")
    reference.init_per_thread_state()
    reference._thread_local.chal = requests.utils.parse_dict_header(challenge[7:])
    header = reference.build_digest_header("GET", "http://h/x?y=1")
    assert header is not None
    expected = dict(requests.utils.parse_dict_header(header[7:]))
    monkeypatch.setattr("swell.http.auth.secrets.token_hex", lambda _: expected.get("cnonce", "none"))
    auth = DigestAuth("user", "pass")
    assert auth.challenged([challenge])
    assert _fields(auth.header("GET", "/x?y=1"))["response"] == expected["response"]


def test_digest_counts_and_ends():
    """Later requests count up without a challenge; a stale nonce is replaced; a wrong password ends it."""
    auth = DigestAuth("u", "p")
    assert auth.challenged(['Digest realm="r", nonce="one", qop="auth"'])
    assert _fields(auth.header("GET", "/"))["nc"] == "00000001"
    assert _fields(auth.header("GET", "/"))["nc"] == "00000002"
    assert auth.challenged(['Digest realm="r", nonce="two", qop="auth", stale=true'])
    assert _fields(auth.header("GET", "/"))["nonce"] == "two"
    assert not auth.challenged(['Digest realm="r", nonce="two", qop="auth"'])
    assert not auth.challenged(['Digest realm="r", nonce="three", qop="auth"'])


def test_challenge_among_others():
    """The digest challenge is found among others, SHA-256 before MD5, in one header or in several."""
    auth = DigestAuth("u", "p")
    assert auth.challenged(
        [
            'Negotiate, Basic realm="a, b", Digest realm="r", nonce="n1", algorithm=MD5, qop="auth"',
            'Digest realm="r", nonce="n2", algorithm=SHA-256, qop="auth", Bearer abc==',
        ]
    )
    assert _fields(auth.header("GET", "/"))["nonce"] == "n2"


@pytest.mark.parametrize(
    "challenge",
    ['Basic realm="x"', "Digest", 'Digest realm="r"', 'Digest realm="r", nonce="n", algorithm=SHA-512-256',
     'Digest realm="r", nonce="n", qop="auth-int"', "", ",,,", "\x00"],
)  # fmt: skip
def test_challenges_without_an_answer(challenge):
    """What digest cannot answer gets no second request."""
    assert not DigestAuth("u", "p").challenged([challenge])
