"""k6/secrets: sources, errors, redaction."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.dialects.javascript import JsError
from swell.dialects.k6.modules.secret_sources import REDACTED, SecretError, open_sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import World

_IMPORT = "import secrets from 'k6/secrets';"


def test_a_script_gets_secrets_and_the_log_does_not(world: World) -> None:
    """get() gives the value; from then on it is redacted."""
    world.worker.secret_sources = ["mock=cool=very secret,else=other"]
    assert world.value(_IMPORT, "return await secrets.get('cool');") == "very secret"
    assert world.worker.redact("it is very secret, not other") == f"it is {REDACTED}, not other"


def test_several_sources(world: World) -> None:
    """The default one without a name, others by theirs."""
    world.worker.secret_sources = ["mock=default,cool=cool secret", 'mock=name=another,cool="not, cool"']
    found = world.value(
        "import { get, source } from 'k6/secrets';",
        "const other = await source('another'); return [await get('cool'), await other.get('cool')];",
    )
    assert found == ["cool secret", "not, cool"]


def test_files(tmp_path: Path) -> None:
    """KEY=VALUE lines; values may have equals signs; empty lines and comments are skipped."""
    path = tmp_path / "secrets.txt"
    path.write_text("# mine\nsecret=very secret\n\nkey=a=b\n", "utf-8")
    store = open_sources([f"file={path}"], {})
    assert (store.get("secret"), store.get("key")) == ("very secret", "a=b")
    assert open_sources([f"file=name=x,filename={path}"], {}).get("key", "x") == "a=b"


def test_environment() -> None:
    """By prefix."""
    store = open_sources(["env=APP_"], {"APP_TOKEN": "abc"})
    assert store.get("TOKEN") == "abc"
    with pytest.raises(SecretError, match="no secret 'OTHER'"):
        store.get("OTHER")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["nope=x"], "there are file, mock, env, url"),
        (["mock=broken"], "KEY=VALUE"),
        (["file=/does/not/exist"], "cannot read /does/not/exist"),
        (["file="], "give one file"),
        (["mock=a=1", "mock=b=2"], "two sources are called 'mock'"),
        (["mock=default,a=1", "mock=name=x,default,b=2"], "both the default"),
        (["url=urlTemplate=ftp://x/{key}"], "urlTemplate"),
        (["url=urlTemplate=http://x/{key},nope=1"], "nope is no setting"),
        (["url=urlTemplate=http://x/{key},timeout=x"], "timeout"),
    ],
)
def test_wrong_sources_are_told(lines: list[str], message: str) -> None:
    """Before anything runs, and without the value."""
    with pytest.raises(SecretError, match=message):
        open_sources(lines, {})


def test_a_script_that_imports_the_module_fails_at_once(world: World) -> None:
    """Wrong sources end the init code."""
    world.worker.secret_sources = ["file=/does/not/exist"]
    with pytest.raises(JsError, match="cannot read /does/not/exist"):
        world.value(_IMPORT, "return 1;")
    assert world.vu.phase == "init"


@pytest.mark.parametrize(
    ("lines", "body", "message"),
    [
        ([], "secrets.get('x')", "--secret-source"),
        (["mock=a=1"], "secrets.get('x')", "no secret 'x'"),
        (["mock=a=1", "mock=name=n,b=2"], "secrets.get('a')", "no secret source is the default"),
        (["mock=a=1"], "secrets.source('n')", "no secret source 'n'"),
        (["mock=a=1"], "secrets.get()", "name of a secret"),
    ],
)
def test_what_a_script_cannot_have(world: World, lines: list[str], body: str, message: str) -> None:
    """A rejected promise or an error, with what there is."""
    world.worker.secret_sources = lines
    with pytest.raises(JsError, match=message):
        world.value(_IMPORT, f"await {body};")


@given(st.lists(st.text("abc<>.*\\", min_size=3, max_size=8), min_size=1, max_size=5), st.text(max_size=30))
def test_no_value_survives_redaction(values: list[str], around: str) -> None:
    """Whatever was handed out is nowhere in a redacted text, even if one value is part of another."""
    lines = [f'mock=name=s{index},k="{value}"' for index, value in enumerate(values)]
    store = open_sources(lines, {})
    for index in range(len(values)):
        store.get("k", f"s{index}")
    text = around + around.join(values) + around
    redacted = store.redact(text).replace(REDACTED, "\0")
    assert not any(value in redacted for value in values)


class _Handler(BaseHTTPRequestHandler):
    seen: list[tuple[str, str]] = []  # noqa: RUF012 - made anew for each server

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Authorization", "")))
        status, body = 200, json.dumps({"data": {"list": ["the value"]}}).encode()
        if self.path == "/busy" and len([path for path, _ in self.seen if path == "/busy"]) == 1:
            status, body = 503, b""
        if self.path == "/gone":
            status, body = 404, b""
        if self.path == "/no":
            status, body = 403, b"secret detail"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def vault() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The URL of a server with secrets, and what it was asked."""
    handler = type("Handler", (_Handler,), {"seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler.seen
    server.shutdown()
    server.server_close()
    thread.join()


def test_url_source(world: World, vault: tuple[str, list[tuple[str, str]]]) -> None:
    """Fetched once per key, with headers and a path into the JSON; busy servers are asked again."""
    url, seen = vault
    world.worker.secret_sources = [
        f"url=urlTemplate={url}/{{key}},headers.Authorization=Bearer t,responsePath=data.list.0,retryBackoff=1ms"
    ]
    body = "return [await secrets.get('a'), await secrets.get('a'), await secrets.get('busy')];"
    assert world.value(_IMPORT, body) == ["the value"] * 3
    assert seen == [("/a", "Bearer t"), ("/busy", "Bearer t"), ("/busy", "Bearer t")]


@pytest.mark.parametrize(("key", "message"), [("gone", "no secret 'gone'"), ("no", "status 403")])
def test_url_source_errors(world: World, vault: tuple[str, list[tuple[str, str]]], key: str, message: str) -> None:
    """A missing secret is told as such; nothing of the answer shows."""
    world.worker.env = {"K6_SECRET_SOURCE_URL_URL_TEMPLATE": vault[0] + "/{key}"}
    world.worker.secret_sources = ["url"]
    with pytest.raises(JsError, match=message) as caught:
        world.value(_IMPORT, f"await secrets.get('{key}');")
    assert "detail" not in str(caught.value)
