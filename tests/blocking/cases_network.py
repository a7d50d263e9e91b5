"""Cases of sockets and what is built on them; each function runs in a fiber of a child process."""

from __future__ import annotations

import contextlib
import socket
import time
from types import SimpleNamespace
from typing import Any

from swell.engine.script import UserKilled
from tests.blocking.inside import Crowd, Stage, open_files


def two_hundred(stage: Stage, url: str, silent: int) -> dict[str, Any]:
    import requests

    requesting, sleeping, reading = Crowd(), Crowd(), Crowd()

    def user() -> int:
        with requesting:
            status = requests.get(f"{url}/?wait=0.5", timeout=30).status_code
        with sleeping:
            time.sleep(0.2)
        with socket.create_connection(("127.0.0.1", silent)) as sock, reading:
            sock.settimeout(0.1)
            with contextlib.suppress(TimeoutError):
                sock.recv(1)
                return 0
        return status

    results = stage.together([user] * 200)
    return {"results": sorted(map(str, set(results))), "most": [requesting.most, sleeping.most, reading.most]}


def look_ups(stage: Stage) -> list[Any]:
    """The look-up ends only when another fiber has run during it."""
    import _thread

    import gevent.resolver.thread as resolver

    other_ran = _thread.allocate_lock()
    other_ran.acquire()
    real: Any = resolver._socket  # type: ignore[attr-defined]

    def slowly(*args: Any) -> Any:
        other_ran.acquire(True, 20)
        return real.getaddrinfo(*args)

    resolver._socket = SimpleNamespace(**{**vars(real), "getaddrinfo": slowly})  # type: ignore[attr-defined]
    return stage.together([lambda: len(socket.getaddrinfo("localhost", 80)) > 0, lambda: other_ran.release() or "ran"])


def failures(stage: Stage, silent: int, closed: int) -> list[Any]:
    import requests

    def refused() -> str:
        try:
            requests.get(f"http://127.0.0.1:{closed}/", timeout=5)
        except requests.ConnectionError as error:
            return type(error).__name__
        return "no error"

    def timed_out() -> str:
        try:
            requests.get(f"http://127.0.0.1:{silent}/", timeout=0.1)
        except requests.Timeout as error:
            return type(error).__name__
        return "no error"

    def nonblocking() -> str:
        with socket.create_connection(("127.0.0.1", silent)) as sock:
            sock.setblocking(False)
            try:
                sock.recv(1)
            except BlockingIOError:
                return "would block"
        return "no error"

    def unknown() -> str:
        try:
            socket.getaddrinfo("no such host.invalid", 80)
        except OSError as error:
            return type(error).__name__
        return "no error"

    return stage.together([refused, timed_out, nonblocking, unknown])


def kills(stage: Stage, url: str, silent: int) -> dict[str, Any]:
    """Users are killed while they wait in a socket, in requests, in a sleep; all is closed, all others go on."""
    import gevent
    import requests

    sockets: list[socket.socket] = []
    ends: list[str] = []

    def in_recv() -> None:
        with socket.create_connection(("127.0.0.1", silent)) as sock:
            sockets.append(sock)
            sock.recv(1)

    def in_requests() -> None:
        with requests.Session() as session:
            session.get(f"http://127.0.0.1:{silent}/")

    def killed(function: Any) -> Any:
        def live() -> None:
            try:
                function()
            except UserKilled:
                ends.append(f"{function.__name__} killed")
            finally:
                time.sleep(0.01)  # last words may wait too
                ends.append(f"{function.__name__} left")

        return stage.start(live)

    before = open_files()
    fibers = [killed(in_recv), killed(in_requests), killed(lambda: gevent.sleep(60)), killed(lambda: time.sleep(60))]
    time.sleep(0.2)
    open_meanwhile = open_files() - before
    for fiber in fibers:
        stage.hub.call_soon(fiber.throw, UserKilled())
    status = requests.get(url, timeout=30).status_code
    while not all(fiber.dead for fiber in fibers):
        time.sleep(0.01)
    import gc

    gc.collect()
    return {
        "ends": sorted(ends),
        "closed": [sock.fileno() for sock in sockets],
        "status": status,
        "open": open_meanwhile >= 2,
        "left open": open_files() - before <= 0,
    }


def tls(stage: Stage, port: int, authority: str) -> dict[str, Any]:
    import ssl

    import requests

    crowd = Crowd()

    def user() -> str:
        with crowd:
            return requests.get(f"https://localhost:{port}/?wait=0.3", verify=authority, timeout=30).json()["path"]

    def own() -> str:
        context = ssl.create_default_context(cafile=authority)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        with (
            socket.create_connection(("localhost", port)) as sock,
            context.wrap_socket(sock, server_hostname="localhost") as wrapped,
        ):
            wrapped.sendall(b"GET /own HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return wrapped.makefile("rb").readline().decode().strip()

    def swells() -> int:
        session = stage.session()
        session.verify = authority
        return session.get(f"https://localhost:{port}/").status_code

    return {"users": stage.together([user] * 20), "own": own(), "swell": stage.together([swells]), "most": crowd.most}


def clients_of_the_library(stage: Stage, url: str) -> list[Any]:
    """Each client, ten at once."""
    import http.client
    import urllib.request

    import urllib3

    host = url.removeprefix("http://")
    pool = urllib3.PoolManager(num_pools=5, maxsize=50)
    uses = {
        "http.client": lambda: _http_client(http.client, host),
        "urllib.request": lambda: urllib.request.urlopen(f"{url}/?wait=0.2").status,
        "urllib3": lambda: pool.request("GET", f"{url}/?wait=0.2").status,
    }
    told: list[Any] = []
    for name, use in uses.items():
        crowd = Crowd()

        def user(use: Any = use, crowd: Crowd = crowd) -> int:
            with crowd:
                return use()

        told.append([name, stage.together([user] * 10), crowd.most])
    return told


def _http_client(module: Any, host: str) -> int:
    connection = module.HTTPConnection(host, timeout=30)
    connection.request("GET", "/?wait=0.2")
    return connection.getresponse().status


def selecting(stage: Stage) -> list[Any]:
    """Each way to select waits until another fiber writes."""
    import select
    import selectors

    def with_select(sock: socket.socket) -> bool:
        return select.select([sock], [], [], 30)[0] == [sock] or select.select([sock], [], [], 0)[0] == [sock]

    def with_poll(sock: socket.socket) -> bool:
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return poll.poll(30_000)[0][0] == sock.fileno()

    def with_selector(kind: Any) -> Any:
        def wait(sock: socket.socket) -> bool:
            with kind() as selector:
                selector.register(sock, selectors.EVENT_READ)
                return len(selector.select(30)) == 1

        return wait

    told: list[Any] = []
    kinds = [selectors.DefaultSelector, selectors.PollSelector, selectors.SelectSelector]
    for wait in [with_select, with_poll, *map(with_selector, kinds)]:
        near, far = socket.socketpair()
        with near, far:
            order: list[str] = []

            def read(wait: Any = wait, near: socket.socket = near, order: list[str] = order) -> bool:
                order.append("waits")
                return wait(near)

            def write(far: socket.socket = far, order: list[str] = order) -> None:
                order.append("writes")
                far.send(b"x")

            told.append([stage.together([read, write])[0], order])
    return told


def early_wait(stage: Stage, url: str) -> Any:
    """Code outside of fibers, as in a module that is being imported, waits for itself; fibers go on later."""
    import requests

    told: list[Any] = []
    ended = stage.loop.create_future()
    waits = {"first": False}

    def background() -> None:
        time.sleep(0.05)
        requests.get(f"{url}/?wait=0.05", timeout=30)
        waits["first"] = True

    stage.start(background)
    time.sleep(0.1)

    def outside() -> None:
        told.append(requests.get(f"{url}/?wait=0.2", timeout=30).status_code)
        ended.set_result(None)

    stage.hub.call_soon(outside)
    stage.hub.await_(_await(ended))
    while not waits["first"]:
        time.sleep(0.01)
    return told


async def _await(future: Any) -> None:
    await future
