"""The Pushgateway, by a server that keeps groups as the real one does."""

from __future__ import annotations

import base64
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from swell.outputs.base import OutputError
from swell.outputs.prometheus_names import Sample
from swell.outputs.pushgateway import Gateway, PushGateway
from swell.outputs.registry import make_output, open_outputs
from tests.outputs.conftest import run_through

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Groups:
    """What a Pushgateway holds: the text of each group, and how often it was put."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.texts: dict[str, str] = {}
        self.puts: list[str] = []
        self.answers: list[int] = []


@contextmanager
def gateway() -> Iterator[_Groups]:
    """A Pushgateway, while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            status = found.answers.pop(0) if found.answers else 200
            if status < 300:
                assert not body or body.endswith("\n")
                found.texts[self.path] = body
                found.puts.append(body)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = _Groups(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


def test_totals_are_put_at_the_end() -> None:
    """The group is emptied at the start and holds the totals of the whole run at its end."""
    with gateway() as server:
        assert run_through(PushGateway(f"{server.url}?job=nightly&instance=a/b"), seconds=3) == []
        coded = base64.urlsafe_b64encode(b"a/b").decode().rstrip("=")
        (path,) = server.texts
        assert path == f"/metrics/job/nightly/instance@base64/{coded}"
        assert server.puts[0] == ""
        text = server.texts[path]
        assert 'swell_checks_total{check="is ok",outcome="true"} 27.0\n' in text
        assert "# TYPE swell_http_req_duration_seconds summary\n" in text
        assert "hunter2" not in text


def test_a_server_that_fails_is_told_and_the_run_goes_on() -> None:
    """A push that fails is a note at the end."""
    with gateway() as server:
        server.answers = [200, 503]
        note, *_ = run_through(PushGateway(server.url))
        assert note.startswith(
            f"output pushgateway={server.url}/metrics/job/swell failed once: {server.url} answered 503"
        )


def test_a_failed_push_is_made_good_by_the_next() -> None:
    """Nothing is kept for later: the next push has all of it."""
    with gateway() as server:
        group = Gateway(server.url)
        server.answers = [500]
        sample = Sample("a", {"b": "c"}, 1.0)
        with pytest.raises(OutputError):
            group.put([sample])
        group.put([sample])
        assert server.puts == ['# TYPE a gauge\na{b="c"} 1.0\n']
        group.close()


def test_mistakes() -> None:
    """A wrong address and a server that is not there are told before the load, without the password."""
    with pytest.raises(ValueError, match="name of the job is empty"):
        make_output("pushgateway=http://localhost:9091?job=", {})
    with pytest.raises(ValueError, match="cannot be reached") as caught:
        open_outputs(["pushgateway=http://u:hunter2@127.0.0.1:1"], env={})
    assert "hunter2" not in str(caught.value)


def test_a_path_of_ones_own() -> None:
    """A whole path is taken as it is, a prefix stays in front, the job's default is swell."""
    assert Gateway("http://h:1/metrics/job/x/instance/y").label == "http://h:1/metrics/job/x/instance/y"
    assert Gateway("http://h:1/push/?zone=b").label == "http://h:1/push/metrics/job/swell/zone/b"
    assert Gateway("http://h", labels={"e": ""}).label == "http://h/metrics/job/swell/e@base64/="
