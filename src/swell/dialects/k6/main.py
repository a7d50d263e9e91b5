"""The front door of `swell k6`: finds the command, ends every mistake in a message and k6's exit code.

Rules: commands and flags are k6's, of version 1 and 2 alike; global flags may stand before the command.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

import click

from swell.dialects.k6.subcommands import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_NO_CODE, _CONFIG = 255, 104
_LIKE = "k6 v2.2.0"
_REFUSED = {
    "cloud": "tests cannot be run in Grafana Cloud from here",
    "login": "tests cannot be run in Grafana Cloud from here",
    "convert": "k6 has removed it; record with a browser's HAR export and har-to-k6",
    "deps": "extensions of k6 do not run here, so there are no dependencies to list",
    "x": "extensions of k6 do not run here",
}
_HELP = """Usage: swell k6 COMMAND [flags]

Commands of k6 that work here:
  run       run a test
  inspect   show the options of a test
  archive   put a test and its files into one file
  new       write a script to start from
  status, stats, scale, pause, resume
            ask or steer a running test over its REST API
  version   show the version
"""


def main(argv: Sequence[str]) -> int:
    """Run one command of k6; returns the exit code."""
    words = list(argv)
    leading: list[str] = []
    # k6 takes its global flags before the command too.
    while words and words[0].startswith("-") and words[0] not in {"-h", "--help", "--version"}:
        leading.append(words.pop(0))
        if leading[-1] in {"-a", "--address", "-c", "--config", "--log-output", "--log-format"} and words:
            leading.append(words.pop(0))
    if not words or words[0] in {"-h", "--help", "help"}:
        click.echo(_HELP)
        return 0
    command, *rest = words
    rest = leading + rest
    if command in {"version", "--version"}:
        from swell import __version__  # noqa: PLC0415 - only here

        click.echo(f"swell {__version__} (runs scripts of {_LIKE})")
        return 0
    if command == "run":
        return _run(rest)
    if command in COMMANDS:
        module, _, name = COMMANDS[command].partition(":")
        return int(getattr(importlib.import_module(module), name)(rest))
    reason = _REFUSED.get(command, f"there is no command {command!r}; see: swell k6 --help")
    click.echo(f"Error: {reason}", err=True)
    return _NO_CODE


def _run(argv: list[str]) -> int:
    from swell.dialects.k6.flags import help_text, parse  # noqa: PLC0415 - keeps `swell k6 --help` fast
    from swell.dialects.k6.option_values import OptionError  # noqa: PLC0415

    try:
        given = parse(argv)
    except OptionError as error:
        return _failed(str(error), _NO_CODE)
    if given.has("help"):
        click.echo(help_text())
        return 0
    from swell.dialects.k6.ending import summary_mode  # noqa: PLC0415 - heavy
    from swell.dialects.k6.loading import LoadError, load  # noqa: PLC0415
    from swell.dialects.k6.running import LogSink, execute  # noqa: PLC0415

    if not summary_mode(given):
        said = given.one("summary-mode")
        named = f"--summary-mode: {said!r}" if said else f"K6_SUMMARY_MODE: {os.environ['K6_SUMMARY_MODE']!r}"
        return _failed(f"{named} is none of compact, full, legacy, disabled", _CONFIG)
    try:
        sink = LogSink(given.one("log-output") or os.environ.get("K6_LOG_OUTPUT", ""))
        loaded = load(given)
        return execute(loaded, ["run", *argv], sink)
    except LoadError as error:
        return _failed(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _failed("interrupted", 105)


def _failed(message: str, code: int) -> int:
    try:
        click.echo(f"Error: {message}", err=True)
    except OSError:
        sys.stderr = None  # type: ignore[assignment]  # nobody reads it
    return code
