"""The examples' targets as programs of their own."""

from __future__ import annotations

import contextlib
import csv
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar
from uuid import uuid4

import pytest

from tests.services import Caller, Service, run_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MUEJAM = EXAMPLES / "muejam"
TUTORMAX = EXAMPLES / "tutormax"
YWMESSAGING = EXAMPLES / "ywmessaging"


class Target:
    """A running target; `tokens` is what it wrote for its load test, if that needs any."""

    folder: ClassVar[Path]
    tokens_name: ClassVar[str] = ""

    def __init__(self, service: Service, tokens: Path) -> None:
        self.service = service
        self.tokens = tokens
        self._callers = contextlib.ExitStack()

    def caller(self) -> Caller:
        """A caller without a token."""
        return self._callers.enter_context(contextlib.closing(Caller(self.service)))

    def close(self) -> None:
        self._callers.close()


class MueJam(Target):
    folder = MUEJAM
    tokens_name = "tokens"

    def __init__(self, service: Service, tokens: Path) -> None:
        super().__init__(service, tokens)
        self._left = {role: _column(tokens / f"{role}s.csv", "token") for role in ("reader", "writer")}

    def user(self, role: str = "reader") -> Caller:
        """A caller with the token of a user whom nobody used before, so that rate limits do not meet."""
        caller = self.caller()
        caller.token = next(self._left[role])
        return caller


class TutorMax(Target):
    folder = TUTORMAX
    tokens_name = "tokens.csv"

    def __init__(self, service: Service, tokens: Path) -> None:
        super().__init__(service, tokens)
        self.feedback_tokens = _column(tokens, "token")


class YwMessaging(Target):
    folder = YWMESSAGING

    def registered(self, **more: str) -> Caller:
        """A caller signed in as a new user, of a new church unless `churchId` says which."""
        caller = self.caller()
        name = f"user-{uuid4().hex}@loadtest.example"
        given = {"email": name, "password": "long enough", "firstName": "A", "lastName": "B", **more}
        status, _, body = caller.send("POST", "/auth/register", given)
        assert status == 201, body
        caller.token = body["accessToken"]
        return caller


Kind = TypeVar("Kind", bound=Target)


def _column(path: Path, name: str) -> Iterator[str]:
    with path.open(newline="", encoding="utf-8") as file:
        return iter([row[name] for row in csv.DictReader(file)])


@contextlib.contextmanager
def run_target(kind: type[Kind], folder: Path, *options: str, env: Mapping[str, str] | None = None) -> Iterator[Kind]:
    """Serve a target on a free port; its tokens go into `folder`."""
    tokens = folder / kind.tokens_name
    # Empty values: what the machine's environment says about databases is none of the test's business.
    environment = {"DATABASE_URL": "", "REDIS_URL": "", "TMPDIR": str(folder), **(env or {})}
    command = [sys.executable, "-m", "target", "serve", "--port", "0", *options]
    if kind.tokens_name:
        command += ["--tokens", str(tokens)]
    with (
        run_service(command, cwd=kind.folder, env=environment) as service,
        contextlib.closing(kind(service, tokens)) as target,
    ):
        yield target


def _database(url: str, name: str) -> str:
    """The URL of a database of one's own: targets have tables of the same names."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchall():
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
    return f"{url.rpartition('/')[0]}/{name}"


def _healthy(
    kind: type[Kind], request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kind]:
    env: dict[str, str] = {}
    if request.param != "embedded":
        env["DATABASE_URL"] = _database(request.getfixturevalue("postgres_url"), kind.folder.name)
        env["REDIS_URL"] = request.getfixturevalue("redis_url")
    with run_target(kind, tmp_path_factory.mktemp(kind.folder.name), env=env) as target:
        yield target


@pytest.fixture(scope="module", params=["embedded", "postgresql+redis"])
def muejam(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MueJam]:
    """The healthy target, once on its embedded default and once on real services."""
    yield from _healthy(MueJam, request, tmp_path_factory)


@pytest.fixture(scope="module", params=["embedded", "postgresql+redis"])
def tutormax(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TutorMax]:
    """As `muejam`."""
    yield from _healthy(TutorMax, request, tmp_path_factory)


@pytest.fixture(scope="module", params=["embedded", "postgresql+redis"])
def ywmessaging(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[YwMessaging]:
    """As `muejam`."""
    yield from _healthy(YwMessaging, request, tmp_path_factory)


@pytest.fixture
def serve_muejam(tmp_path: Path) -> Callable[..., contextlib.AbstractContextManager[MueJam]]:
    """Serve a target of one's own: options and `env` as `run_target`."""
    return partial(run_target, MueJam, tmp_path)


@pytest.fixture
def serve_tutormax(tmp_path: Path) -> Callable[..., contextlib.AbstractContextManager[TutorMax]]:
    """As `serve_muejam`."""
    return partial(run_target, TutorMax, tmp_path)


@pytest.fixture
def faulty_muejam(tmp_path: Path) -> Iterator[Callable[[str], MueJam]]:
    """Start the target with a fault; it ends with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda fault: stack.enter_context(run_target(MueJam, tmp_path, "--fault", fault))


def run_command(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m target` in a folder with arguments, and variables given by name, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "target", *arguments],
        cwd=folder,
        env={**os.environ, "DATABASE_URL": "", "REDIS_URL": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
