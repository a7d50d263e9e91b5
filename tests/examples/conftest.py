"""The examples' targets as programs of their own."""

from __future__ import annotations

import contextlib
import csv
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.services import Caller, Service, run_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MUEJAM = Path(__file__).resolve().parents[2] / "examples" / "muejam"


class MueJam:
    """A running MueJam target with its token pool."""

    def __init__(self, service: Service, tokens: Path) -> None:
        self.service = service
        self._tokens: dict[str, Iterator[str]] = {}
        for role in ("reader", "writer"):
            with (tokens / f"{role}s.csv").open(newline="", encoding="utf-8") as file:
                self._tokens[role] = iter([row["token"] for row in csv.DictReader(file)])
        self._callers = contextlib.ExitStack()

    def visitor(self) -> Caller:
        """A caller without a token."""
        return self._callers.enter_context(contextlib.closing(Caller(self.service)))

    def user(self, role: str = "reader") -> Caller:
        """A caller with the token of a user whom nobody used before, so that rate limits do not meet."""
        caller = self.visitor()
        caller.token = next(self._tokens[role])
        return caller

    def close(self) -> None:
        self._callers.close()


@contextlib.contextmanager
def run_muejam(folder: Path, *options: str, env: Mapping[str, str] | None = None) -> Iterator[MueJam]:
    """Serve the target on a free port; its token pool goes into `folder`."""
    tokens = folder / "tokens"
    # Empty values: what the machine's environment says about databases is none of the test's business.
    environment = {"DATABASE_URL": "", "REDIS_URL": "", "TMPDIR": str(folder), **(env or {})}
    command = [sys.executable, "-m", "target", "serve", "--port", "0", "--tokens", str(tokens), *options]
    with run_service(command, cwd=MUEJAM, env=environment) as service:
        target = MueJam(service, tokens)
        try:
            yield target
        finally:
            target.close()


@pytest.fixture(scope="module", params=["embedded", "postgresql+redis"])
def muejam(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MueJam]:
    """The healthy target, once on its embedded default and once on real services."""
    env: dict[str, str] = {}
    if request.param != "embedded":
        env["DATABASE_URL"] = request.getfixturevalue("postgres_url")
        env["REDIS_URL"] = request.getfixturevalue("redis_url")
    with run_muejam(tmp_path_factory.mktemp("muejam"), env=env) as target:
        yield target


@pytest.fixture
def serve_muejam(tmp_path: Path) -> Callable[..., contextlib.AbstractContextManager[MueJam]]:
    """Serve a target of one's own: options and `env` as `run_muejam`."""
    return partial(run_muejam, tmp_path)


@pytest.fixture
def faulty_muejam(tmp_path: Path) -> Iterator[Callable[[str], MueJam]]:
    """Start the target with a fault; it ends with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda fault: stack.enter_context(run_muejam(tmp_path, "--fault", fault))


@pytest.fixture
def run_target() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `python -m target` with arguments, and variables given by name, to its end."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "target", *arguments],
            cwd=MUEJAM,
            env={**os.environ, "DATABASE_URL": "", "REDIS_URL": "", **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run
