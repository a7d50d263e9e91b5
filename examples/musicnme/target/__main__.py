"""The command line: `python -m target serve|seed|check`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import msgspec

from swell.demo.sql import open_database
from swell.demo.target_cli import Target, run_target

from .app import make_app
from .audit import Findings, audit, described
from .schema import seed
from .settings import FAULTS, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

TARGET = Target(title="Music 'n Me", settings=Settings(), faults=FAULTS, make_app=make_app, seed=seed, port=5000)
_OVERSOLD, _WRONG_USE = 1, 2


def main(arguments: list[str] | None = None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["check"]:
        return _check(words[1:])
    if words[:1] == ["serve"] and _is_oversold() and not any("oversell" in word for word in words):
        print("slots of this database are sold twice already: seed it anew (python -m target seed)", file=sys.stderr)
        return _WRONG_USE
    return run_target(TARGET, words)


def _is_oversold() -> bool:
    """Whether slots of the database at DATABASE_URL are sold twice; what else may be wrong with it, others say."""
    try:
        return bool(asyncio.run(_read()).oversold)
    except (ValueError, OSError):
        return False


def _check(arguments: Sequence[str]) -> int:
    """Audit the bookings: exit code 0 if no slot was sold twice, 1 if one was, 2 if nobody could look."""
    parser = argparse.ArgumentParser(
        prog="python -m target check",
        description="Check that no slot was sold twice: in the database at DATABASE_URL, or of a running target.",
    )
    parser.add_argument("--url", help="of a running target, such as http://localhost:5000")
    options = parser.parse_args(arguments)
    try:
        findings = _asked(options.url) if options.url else asyncio.run(_read())
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return _WRONG_USE
    print(described(findings))
    return 0 if findings.ok else _OVERSOLD


def _asked(url: str) -> Findings:
    """The findings of a running target. OSError if it does not answer, ValueError if that is no target of ours."""
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"--url must begin with http://, not {url!r}")
    try:
        try:
            with urllib.request.urlopen(f"{url.rstrip('/')}/health/audit", timeout=60) as response:
                body = response.read()
        except urllib.error.HTTPError as error:  # 500 is how it says that something is wrong
            body = error.read()
        return msgspec.json.decode(body, type=Findings)
    except urllib.error.URLError as error:
        raise OSError(f"{url} does not answer: {error.reason}") from None
    except msgspec.DecodeError:
        raise ValueError(f"{url} is no Music 'n Me: its /health/audit does not tell of bookings") from None


async def _read() -> Findings:
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        raise ValueError("nothing to check: give --url, or DATABASE_URL")
    database = await open_database(url, TARGET.settings.name)
    try:
        if not await database.has_table("bookings"):
            raise ValueError(f"nothing to check: {url} has no bookings (python -m target seed)")
        return await audit(database)
    finally:
        await database.close()


if __name__ == "__main__":
    sys.exit(main())
