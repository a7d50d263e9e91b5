"""Real services for tests: PostgreSQL, Redis and our own targets, started on loopback and ended with the test.

Rules: each function is a context manager; nothing outlives it. Where a server program is not installed it raises
`ServiceMissing`; the fixtures in conftest.py make that a skip, or a failure when SWELL_TEST_SERVICES=require.
"""

from __future__ import annotations

import contextlib
import getpass
import http.client
import json
import os
import pwd
import select
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = [
    "Caller",
    "Service",
    "ServiceMissing",
    "at_once",
    "chromium",
    "first_line",
    "free_port",
    "postgres",
    "redis",
    "run_service",
    "services_required",
]

T = TypeVar("T")

_PATIENCE = 60.0  # seconds until a server that does not come up is a failure


class ServiceMissing(Exception):
    """This machine does not have the server; the text says what to install."""


@dataclass
class Service:
    """A running service that printed its URL as its first line."""

    url: str
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        return host, int(port)


class Caller:
    """A plain HTTP client with one keep-alive connection, independent of the code under test."""

    def __init__(self, service: Service, token: str = "") -> None:
        self.token = token
        self._connection = http.client.HTTPConnection(*service.address, timeout=_PATIENCE)

    def send(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, str], Any]:
        """Status, headers (names in lower case), decoded JSON."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = self._connection.getresponse()
        text = response.read()
        names = {name.lower(): value for name, value in response.getheaders()}
        return response.status, names, json.loads(text) if text else None

    def get(self, path: str) -> Any:
        """The JSON of a GET that must end in 200."""
        status, _, body = self.send("GET", path)
        assert status == 200, (path, status, body)
        return body

    def close(self) -> None:
        self._connection.close()


def at_once(actions: Sequence[Callable[[], T]]) -> list[T]:
    """Run actions in threads of their own, released together by a barrier; their results in order."""
    barrier = threading.Barrier(len(actions))

    def run(action: Callable[[], T]) -> T:
        barrier.wait(_PATIENCE)
        return action()

    with ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(run, actions))


def services_required() -> bool:
    return os.environ.get("SWELL_TEST_SERVICES", "") == "require"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def chromium() -> str:
    """The path of a Chromium (or Chrome) on this machine."""
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name)) is not None), None)
    if found is None:
        raise ServiceMissing("no chromium on the PATH: apt-get install chromium")
    return found


@contextlib.contextmanager
def run_service(
    command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Iterator[Service]:
    """Start a program that prints its URL as its first line; end it afterwards. Its stdin is a pipe of ours."""
    process = subprocess.Popen(
        command, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        yield Service(first_line(process), process)
    finally:
        # Asked first, so that it removes its temporary files.
        process.terminate()
        _wait_or_kill(process)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def first_line(process: subprocess.Popen[bytes]) -> str:
    """The first line of a program's output; AssertionError if it ends without, or stays silent too long."""
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], _PATIENCE)
    line = process.stdout.readline().decode().strip() if readable else ""
    assert line, f"{process.args} printed nothing (exit code {process.poll()})"
    return line


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A fresh PostgreSQL cluster; yields the URL of its empty database."""
    programs = _postgres_programs()
    # PostgreSQL refuses to run as root; Debian's package brings the user it is to run as.
    user = "postgres" if os.geteuid() == 0 else getpass.getuser()
    account = _account(user)
    with tempfile.TemporaryDirectory(prefix="swell-pg-", ignore_cleanup_errors=True) as folder:
        os.chown(folder, account.pw_uid, account.pw_gid)
        data = Path(folder) / "data"
        run_as = {"user": account.pw_uid, "group": account.pw_gid} if os.geteuid() == 0 else {}
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "swell", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
            **run_as,
        )
        port = free_port()
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": folder, "fsync": "off"}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with _daemon(
            [programs / "postgres", "-D", data, "-p", str(port), *settings],
            [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "swell", "-d", "postgres"],
            cwd=folder,
            run_as=run_as,
        ):
            yield f"postgresql://swell@127.0.0.1:{port}/postgres"


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """A fresh Redis (or Valkey) without persistence; yields its URL."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    client = shutil.which("redis-cli") or shutil.which("valkey-cli")
    if found is None or client is None:
        raise ServiceMissing("no redis-server on the PATH: apt-get install redis-server")
    port = free_port()
    with (
        tempfile.TemporaryDirectory(prefix="swell-redis-") as folder,
        _daemon(
            [found, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
            [client, "-e", "-p", str(port), "ping"],
            cwd=folder,
        ),
    ):
        yield f"redis://127.0.0.1:{port}/0"


@contextlib.contextmanager
def _daemon(
    command: Sequence[str | Path], probe: Sequence[str | Path], *, cwd: str, run_as: Mapping[str, int] | None = None
) -> Iterator[None]:
    log = Path(cwd) / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=cwd, stdout=output, stderr=output, **(run_as or {}))
    try:
        deadline = time.monotonic() + _PATIENCE
        while subprocess.run(probe, capture_output=True, check=False).returncode != 0:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{command[0]} did not come up:\n{log.read_text(errors='replace')}")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(2)  # SIGINT: PostgreSQL's fast shutdown, which does not wait for clients
        _wait_or_kill(process)


def _wait_or_kill(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _postgres_programs() -> Path:
    """The folder with initdb: the newest of Debian's, or what is on the PATH."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda path: float(path.parts[-3]), default=None)
    found = newest or shutil.which("initdb")
    if found is None:
        raise ServiceMissing("no initdb found: apt-get install postgresql")
    return Path(found).resolve().parent


def _account(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise ServiceMissing(f"PostgreSQL needs a user other than root, and there is no user {name!r}") from None
