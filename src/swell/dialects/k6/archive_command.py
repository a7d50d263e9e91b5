"""`swell k6 archive [-O FILE] SCRIPT`: a test and all that it reads in one file, as k6 writes it.

Rules: the archive runs here and in k6 alike (`swell k6 run archive.tar`). Values of the environment go into it only if
they were given with -e, and none with --exclude-env-vars: an archive is made to be handed on.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import click

from swell.dialects.k6.archive import write_archive
from swell.dialects.k6.tool_source import ToolError, load_for_tool

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_VERSION = "2.2.0"  # the k6 whose format it is


def main(argv: Sequence[str]) -> int:
    """Write the archive of the test on `argv`; returns the exit code."""
    parser = argparse.ArgumentParser(prog="swell k6 archive", description="put a test into one file", add_help=False)
    parser.add_argument("-O", "--archive-out", default="archive.tar")
    parser.add_argument("--exclude-env-vars", action="store_true")
    options, rest = parser.parse_known_args(argv)
    if not rest or {"-h", "--help"} & set(rest):
        click.echo("Usage: swell k6 archive [-O FILE] [--exclude-env-vars] [OPTIONS OF RUN] SCRIPT")
        return 0 if rest else 2
    try:
        test = load_for_tool(rest)
        env = dict[str, str]() if options.exclude_env_vars else test.env
        write_archive(
            Path(options.archive_out), test.script, test.files, options=test.options, env=env, version=_VERSION
        )
    except ToolError as error:
        click.echo(f"Error: {error}", err=True)
        return error.exit_code
    except OSError as error:
        click.echo(f"Error: {error.filename or options.archive_out}: {error.strerror or error}", err=True)
        return 1
    return 0
