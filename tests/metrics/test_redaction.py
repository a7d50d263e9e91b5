"""Redaction: secrets go, everything else stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.metrics.redaction import MASK, is_secret, redact_example, redact_headers, redact_text, redact_url

SECRET = "S3cr3tValue123"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF123_-"

SECRET_NAMES = [
    "Authorization",
    "Proxy-Authorization",
    "Cookie",
    "Set-Cookie",
    "X-API-Key",
    "apiKey",
    "api_key",
    "access_token",
    "refreshToken",
    "X-CSRF-Token",
    "password",
    "new_password",
    "passwd",
    "client_secret",
    "PHPSESSIONID",
    "x-auth-key",
    "pin",
    "otp",
    "X-Amz-Signature",
    "private_key",
    "user[password]",
]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_names_of_secrets_are_known(name: str) -> None:
    """Names are recognised in any spelling."""
    assert is_secret(name)
    assert is_secret(name.upper())


@pytest.mark.parametrize(
    "name", ["author", "name", "Content-Type", "keyword", "monkey", "page", "shipping", "passenger", "id", "spin"]
)
def test_harmless_names_are_left_alone(name: str) -> None:
    """Names that only look a little like it are not secrets."""
    assert not is_secret(name)


def test_headers_lose_values_and_keep_names() -> None:
    """Secret headers are masked whole, others stay as they are, but for credentials within."""
    found = redact_headers(
        {"Authorization": f"Bearer {SECRET}", "Cookie": f"a={SECRET}", "Accept": "text/html", "X-Log": f"t={JWT}"}
    )
    assert found == {"Authorization": MASK, "Cookie": MASK, "Accept": "text/html", "X-Log": f"t={MASK}"}


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://host/path?page=2&q=a%20b", "https://host/path?page=2&q=a%20b"),
        (f"https://host/?access_token={SECRET}&page=2", f"https://host/?access_token={MASK}&page=2"),
        (f"https://user:{SECRET}@host:8080/x", f"https://{MASK}@host:8080/x"),
        (f"http://host/reset/{JWT}", f"http://host/reset/{MASK}"),
        (f"/login?user=bob&password={SECRET}#top", f"/login?user=bob&password={MASK}"),
        (f"https://host/cb#access_token={SECRET}", f"https://host/cb#access_token={MASK}"),
        (f"https://host/?user%5Bpassword%5D={SECRET}", f"https://host/?user%5Bpassword%5D={MASK}"),
        (f"https://host/?next=https://u:{SECRET}@other/", f"https://host/?next=https://{MASK}@other/"),
        ("not a url at all", "not a url at all"),
        ("", ""),
    ],
)
def test_urls_keep_everything_but_secrets(url: str, safe: str) -> None:
    """User info, secret parameters and tokens go; the rest is unchanged."""
    assert redact_url(url).startswith(safe)
    assert SECRET not in redact_url(url)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"user": "bob", "password": SECRET}),
        json.dumps({"user": "bob", "auth": {"access_token": SECRET, "n": 1}}),
        json.dumps({"inner": json.dumps({"user": "bob", "api_key": SECRET})}),
        "{'user': 'bob', 'password': '" + SECRET + "'}",
        json.dumps({"user": "bob", "password": 'quote"' + SECRET}),
        '{"user": "bob", "pin": ' + SECRET + "}",
        '{"user": "bob", "password": "' + SECRET,
        f"user=bob&password={SECRET}",
        f"user=bob; sessionid={SECRET}",
        f"user: bob, password: {SECRET}",
        f"POST / HTTP/1.1\r\nHost: bob\r\nAuthorization: Custom {SECRET} {SECRET}\r\n\r\n",
        f"bob\nSet-Cookie: sid={SECRET}; Path=/",
        f"bob was refused: Bearer {SECRET}",
        f"bob was refused: basic {SECRET}",
        f"cannot connect to postgresql://bob:{SECRET}@db:5432/x for bob",
        f"<login><user>bob</user><password>{SECRET}</password></login>",
        f'--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n{SECRET}\r\n--x bob',
    ],
)
def test_texts_lose_secrets_and_keep_the_rest(text: str) -> None:
    """Headers, JSON, forms, logs, XML, multipart and messages: the secret goes, the user name stays."""
    found = redact_text(text)
    assert SECRET not in found
    assert MASK in found
    assert "bob" in found


@pytest.mark.parametrize(
    "text",
    [
        "status 500 expected 200 for GET /feed?page=2",
        '{"title": "The secret garden", "author": "bob", "count": 3}',
        "timeout: no answer within 30 s from 127.0.0.1:8080",
        "a=1&b=2; c:3",
        "",
    ],
)
def test_texts_without_secrets_are_unchanged(text: str) -> None:
    """What is no secret is not touched."""
    assert redact_text(text) == text


@given(st.text(max_size=300))
def test_any_text_is_accepted_and_redacting_twice_changes_nothing(text: str) -> None:
    """Redaction never fails and is stable."""
    once = redact_text(text)
    assert redact_text(once) == once
    redact_url(text)


@given(
    st.sampled_from(SECRET_NAMES),
    st.text(alphabet=st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=40),
)
def test_any_secret_in_json_is_gone(name: str, secret: str) -> None:
    """Whatever characters a secret has, the JSON text does not hold it afterwards."""
    text = json.dumps({"a": "left", name: f"#{secret}#", "z": "right"})
    found = redact_text(text)
    assert json.dumps(f"#{secret}#")[1:-1] not in found
    assert "left" in found


def test_long_hostile_texts_cost_little() -> None:
    """Texts made to backtrack are handled in linear steps (this test would hang otherwise)."""
    for text in ('"' * 20_000, "a" * 20_000, "\\" * 20_000, '"password":"' + "\\" * 20_001, 'name="a"\r\nb' * 2_000):
        redact_text(text)


def test_examples_are_walked_and_cut() -> None:
    """Nested mappings, pairs, bytes and other objects become plain data without secrets, of bounded size."""
    example: dict[str, Any] = {
        "request": {
            "url": f"http://u:{SECRET}@h/?token={SECRET}",
            "headers": [["Cookie", SECRET], ("Accept", "a")],
            "body": b'{"password": "' + SECRET.encode() + b'"}',
            "token": {"value": SECRET},
            "tokens": [SECRET, SECRET],
            "form": {"password": SECRET, "n": 1},
        },
        "status": 500,
        "ok": False,
        "nothing": None,
        "big": "x" * 100_000,
        "object": object,
    }
    deep: dict[str, Any] = {}
    example["deep"] = deep
    for _ in range(50):
        deep["next"] = {}
        deep = deep["next"]
    found = redact_example(example)
    text = json.dumps(found)
    assert SECRET not in text
    assert len(text) < 10_000
    assert found["request"]["headers"] == [["Cookie", MASK], ["Accept", "a"]]
    assert (found["status"], found["ok"], found["nothing"]) == (500, False, None)
    assert example["request"]["headers"][0] == ["Cookie", SECRET]


@pytest.mark.parametrize(
    "text",
    [
        "login failed: password=hunter2",
        "worker 1: token=hunter2 sent",
        "INFO:own:api_key=hunter2",
        "next=/login?token=hunter2&page=1",
        "url=http://shop/?session=hunter2",
        "error: secret: hunter2",
    ],
)
def test_a_harmless_name_hides_no_pair_behind_it(text: str) -> None:
    """What looks like the value of a harmless name may be a secret pair itself."""
    assert "hunter2" not in redact_text(text)
    assert redact_text(redact_text(text)) == redact_text(text)
