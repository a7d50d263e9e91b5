"""The command line: `python -m target serve|seed|tokens`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from swell.demo.server import run_app

from .app import make_app
from .database import open_database
from .schema import seed, set_indexes
from .settings import FAULTS, Settings
from .tokens import write_tokens

_TOKENS = Path(__file__).resolve().parent.parent / "feedback_tokens.csv"


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    settings = Settings.from_environment()
    if options.command == "seed":
        asyncio.run(_seed(settings))
    if options.tokens is not None:
        count = write_tokens(options.tokens, settings)
    if options.command != "serve":
        print(f"{count} feedback tokens in {options.tokens}")
        return 0
    try:
        run_app(
            make_app(settings.with_fault(options.fault)),
            options.host,
            options.port,
            ready=lambda url: print(url, flush=True),
            exit_with_parent=options.exit_with_parent,
            lifespan=True,
        )
    except OSError as error:
        print(f"cannot listen on {options.host}:{options.port}: {error.strerror or error}", file=sys.stderr)
        return 2
    return 0


async def _seed(settings: Settings) -> None:
    if not settings.database_url:
        raise SystemExit(
            "nothing to seed: DATABASE_URL is not set, and the embedded database is filled anew at each start"
        )
    database = await open_database(settings.database_url)
    try:
        await seed(database, settings)
        await set_indexes(database, wanted=True)
    finally:
        await database.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m target",
        description="A stand-in for the TutorMax API. DATABASE_URL and REDIS_URL choose PostgreSQL and Redis;"
        " without them it keeps everything in a temporary SQLite file and in memory.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve the API; the first line printed is its URL")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000, help="0 takes a free one")
    faults = "; ".join(f"{name}: {text}" for name, text in FAULTS.items())
    serve.add_argument("--fault", default="", choices=["", *FAULTS], metavar="NAME", help=faults)
    serve.add_argument("--tokens", type=Path, default=None, metavar="FILE", help="also write the feedback tokens")
    serve.add_argument("--exit-with-parent", action="store_true", help="end when the parent process does")
    for name, text in (
        ("seed", "fill the database anew, write the feedback tokens"),
        ("tokens", "write the feedback tokens"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--tokens", type=Path, default=_TOKENS, metavar="FILE", help="default: %(default)s")
    return parser


if __name__ == "__main__":
    sys.exit(main())
