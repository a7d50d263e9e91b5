"""Sockets, TLS, select, name look-up and HTTP libraries in user code stall their own user only."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from tests.blocking import cases_network as cases
from tests.blocking.conftest import Run, _Handler
from tests.services import free_port


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """Port and authority file of an HTTPS server that answers `/?wait=S` after S seconds."""
    authority = trustme.CA()
    place: Path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(place))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    class Handler(_Handler):
        def setup(self) -> None:
            self.request = context.wrap_socket(self.request, server_side=True)
            super().setup()

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], str(place)
        server.shutdown()


def test_two_hundred_users_wait_at_once(run: Run, slow: str, silent: int) -> None:
    """In requests, time.sleep and a socket with a time limit, users wait side by side: most of 200 at once."""
    told = run(cases.two_hundred, url=slow, silent=silent)
    assert told["results"] == ["200"]
    # One after the other would be 1; how many of the 200 overlap in the short waits is up to a busy machine.
    assert told["most"][0] > 100, told
    assert min(told["most"]) > 10, told


def test_name_look_up(run: Run) -> None:
    """While getaddrinfo waits, others run."""
    assert run(cases.look_ups) == [True, "ran"]


def test_failures_are_the_library_s_own(run: Run, silent: int) -> None:
    """Refused, timed out, would block, unknown host: the exceptions that code expects."""
    told = run(cases.failures, silent=silent, closed=free_port())
    assert told == ["ConnectionError", "ReadTimeout", "would block", "gaierror"]


def test_kill_while_waiting(run: Run, slow: str, silent: int) -> None:
    """A user is thrown out of a socket, of requests and of sleeps; sockets are closed, and the others go on."""
    told = run(cases.kills, url=slow, silent=silent)
    names = ["<lambda>", "<lambda>", "in_recv", "in_requests"]
    assert told["ends"] == sorted([f"{name} {end}" for name in names for end in ("killed", "left")])
    assert told["closed"] == [-1]
    assert told["status"] == 200
    assert told["open"]
    assert told["left open"]


def test_tls(run: Run, tls_server: tuple[int, str]) -> None:
    """A library and a context of one's own over TLS wait in their fiber; Swell's own TLS is not disturbed."""
    port, authority = tls_server
    told = run(cases.tls, port=port, authority=authority)
    assert told["users"] == ["/?wait=0.3"] * 20
    assert told["most"] > 1
    assert told["own"] == "HTTP/1.1 200 OK"
    assert told["swell"] == [200]


def test_http_libraries(run_once: Run, slow: str) -> None:
    """http.client, urllib.request and urllib3 serve ten users at once."""
    for name, results, most in run_once(cases.clients_of_the_library, url=slow):
        assert results == [200] * 10, name
        assert most == 10, name


def test_selecting(run: Run) -> None:
    """select, poll and all selectors wait for what another fiber writes."""
    assert run(cases.selecting) == [[True, ["waits", "writes"]]] * 5


def test_waiting_outside_of_fibers(run: Run, slow: str) -> None:
    """Code in the loop's own greenlet blocks as in any program, and fibers that wait meanwhile are not lost."""
    assert run(cases.early_wait, url=slow) == [200]
