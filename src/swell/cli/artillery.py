"""`swell artillery ...`: Artillery's own command line, passed through untouched.

Rules: nothing is parsed here; the dialect has Artillery's flags.
"""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command("artillery", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Run an Artillery script with Artillery's own command line."""
    from swell.dialects.artillery.main import main  # noqa: PLC0415 - keeps the help fast

    return main(list(arguments))
