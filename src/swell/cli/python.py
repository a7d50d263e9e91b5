"""`swell python FILE`: runs a file as Python does, with `locust` being Swell's own module.

Rules: for files that end in `run_single_user(...)`, and for a debugger (`swell python -m pdb FILE` works too). What
follows the file are its own arguments.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import click

from swell.cli.mistakes import Mistake

__all__ = ["command"]


@click.command("python", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Run a Python file whose `locust` is Swell's, for run_single_user and debuggers."""
    from swell.dialects.locust import aliases  # noqa: PLC0415 - keeps the help fast

    words = list(arguments)
    if not words or words[0] in {"-h", "--help"}:
        click.echo("Usage: swell python FILE [ARGUMENTS]\n       swell python -m MODULE [ARGUMENTS]")
        return 0
    aliases.install()
    aliases.fresh_events()
    if words[0] == "-m":
        if len(words) == 1:
            raise Mistake("-m needs the name of a module.", "Such as: swell python -m pdb locustfile.py")
        sys.argv = words[1:]
        sys.path.insert(0, str(Path.cwd()))
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        return 0
    file = Path(words[0])
    if not file.is_file():
        raise Mistake(f"there is no file {words[0]}.")
    sys.argv = words
    sys.path.insert(0, str(file.parent.absolute()))
    runpy.run_path(str(file), run_name="__main__")
    return 0
