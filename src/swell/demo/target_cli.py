"""The command line of a target: `serve` it, `seed` its database, write the `tokens` that its load test needs.

Rules: the first line that `serve` prints is the URL. What is wrong with the options, the environment or the services
is said in one sentence before anything is served: exit code 2.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from swell.demo.cache import open_cache
from swell.demo.server import run_app
from swell.demo.sql import open_database
from swell.demo.target_app import TargetSettings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from starlette.types import ASGIApp

    from swell.demo.sql import Database

__all__ = ["Target", "run_target"]

Settings = TypeVar("Settings", bound=TargetSettings)

_WRONG_USE = 2


@dataclass(frozen=True)
class Target(Generic[Settings]):
    """A target, as its command line needs it.

    `faults`: name to description. `seed` drops what is in a database and fills it anew. `write_tokens`, for targets
    whose test needs them, writes to a path (by default `tokens`, which `path_word` calls FILE or FOLDER) and returns
    how many tokens it wrote.
    """

    title: str
    settings: Settings
    faults: Mapping[str, str]
    make_app: Callable[[Settings], ASGIApp]
    seed: Callable[[Database, Settings], Awaitable[None]]
    write_tokens: Callable[[Path, Settings], int] | None = None
    tokens: Path | None = None
    path_word: str = "FILE"
    port: int = 8000
    """Where it listens unless told otherwise: the port that the team's own commands and pages name."""


def run_target(target: Target[Settings], arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. SystemExit for wrong options."""
    options = _parser(target).parse_args(arguments)
    settings = target.settings.from_environment()
    try:
        if options.command != "tokens":
            asyncio.run(_open(target, settings, seed=options.command == "seed"))
        if target.write_tokens is not None and options.tokens is not None:
            count = target.write_tokens(options.tokens, settings)
            if options.command != "serve":
                print(f"{count} {'token' if count == 1 else 'tokens'} in {options.tokens}")  # noqa: T201 - the command's answer
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - for people
        return _WRONG_USE
    return _serve(target, replace(settings, fault=options.fault), options) if options.command == "serve" else 0


async def _open(target: Target[Settings], settings: Settings, *, seed: bool) -> None:
    """Seed the database, or only see whether the one that is named can be opened."""
    if settings.redis_url:
        await open_cache(settings.redis_url, settings.name).close()
    if settings.database_url:
        database = await open_database(settings.database_url, settings.name)
        try:
            if seed:
                await target.seed(database, settings)
        finally:
            await database.close()
    elif seed:
        raise ValueError(
            "nothing to seed: DATABASE_URL is not set, and the embedded database is filled anew at each start"
        )


def _serve(target: Target[Settings], settings: Settings, options: argparse.Namespace) -> int:
    try:
        run_app(
            target.make_app(settings),
            options.host,
            options.port,
            ready=_announce,
            exit_with_parent=options.exit_with_parent,
            lifespan=True,
        )
    except (OSError, OverflowError) as error:
        from swell.web.attach import listen_trouble  # noqa: PLC0415 - only for the message

        print(listen_trouble(options.host, options.port, error), file=sys.stderr)  # noqa: T201 - for people
        return _WRONG_USE
    return 0


def _announce(url: str) -> None:
    print(url, flush=True)  # noqa: T201 - the one line that callers read


def _parser(target: Target[Settings]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m target",
        description=f"A stand-in for the {target.title} API. DATABASE_URL and REDIS_URL choose PostgreSQL and Redis;"
        " without them it keeps everything in a temporary SQLite file and in memory.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve the API; the first line printed is its URL")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=target.port, help="default: %(default)s; 0 takes a free one")
    faults = "; ".join(f"{name}: {text}" for name, text in target.faults.items())
    serve.add_argument("--fault", default="", choices=["", *target.faults], metavar="NAME", help=faults)
    serve.add_argument("--exit-with-parent", action="store_true", help="end when the parent process does")
    seed = commands.add_parser("seed", help="fill the database anew, write the test's tokens")
    if target.write_tokens is None:
        return parser
    serve.add_argument("--tokens", type=Path, metavar=target.path_word, help="also write the test's tokens")
    for command in (seed, commands.add_parser("tokens", help="write the test's tokens")):
        command.add_argument(
            "--tokens", type=Path, default=target.tokens, metavar=target.path_word, help="default: %(default)s"
        )
    return parser
