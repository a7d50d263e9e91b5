"""The front door of `swell artillery`: finds the command, ends every mistake in a message and Artillery's exit code.

Rules: commands and flags are Artillery's of version 1 and 2. Exit codes: 0 finished, also with errors and failed VUs; 1
for wrong use, wrong scripts and failed strict checks; 21 for failed expectations; 130 after Ctrl-C, 143 after SIGTERM.
Where Swell has more to say (thresholds, a measurement that cannot be believed) it is 1 and 3 instead of 0.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from swell.dialects.artillery.flags import QUICK_FLAGS, REPORT_FLAGS, RUN_FLAGS, help_text, parse
from swell.dialects.artillery.mistakes import ScriptError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.dialects.artillery.flags import Parsed
    from swell.dialects.artillery.loading import Given

__all__ = ["main"]

_INTERRUPTED = 130
_LIKE = "Artillery 2.0.34"
_REFUSED = {
    **dict.fromkeys(
        ("run-fargate", "run:fargate", "run:ecs", "run-ecs", "run-lambda", "run:lambda", "run-aci", "run:aci"),
        "tests run on this machine only; for more load use --processes",
    ),
    **dict.fromkeys(("ping", "probe"), "not there; use curl, or: swell artillery quick --count 1 --num 1 URL"),
    "dino": "not there",
    "pro": "not there",
}
_HELP = """Usage: swell artillery COMMAND [options]

Commands of Artillery that work here:
  run SCRIPT...   run a test
  quick URL       run a simple test without a script
  report FILE     make an HTML page of a JSON report
  version         show the version

Options of a command: swell artillery run --help
"""


def main(argv: Sequence[str]) -> int:
    """Run one command of Artillery; returns the exit code."""
    words = list(argv)
    if not words or words[0] in {"-h", "--help", "help"}:
        click.echo(_HELP)
        return 0
    command, *rest = words
    if command in {"version", "--version", "-V"}:
        from swell import __version__  # noqa: PLC0415 - only here

        click.echo(f"swell {__version__} (runs scripts of {_LIKE})")
        return 0
    commands = {"run": _run, "quick": _quick, "report": _report}
    if command not in commands:
        reason = _REFUSED.get(command, f"there is no command {command!r}; see: swell artillery --help")
        return _failed(f"{command}: {reason}" if command in _REFUSED else reason)
    try:
        return commands[command](rest)
    except ScriptError as error:
        return _failed(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _failed("interrupted", _INTERRUPTED)


def given_of(parsed: Parsed) -> Given:
    """What a parsed command line says about the test."""
    from swell.dialects.artillery.loading import Given  # noqa: PLC0415 - heavy
    from swell.dialects.artillery.processors import runtime_of  # noqa: PLC0415 - heavy

    return Given(
        scripts=parsed.files,
        inputs=parsed.many("input"),
        config=parsed.one("config"),
        environment=parsed.one("environment"),
        target=parsed.one("target"),
        insecure=parsed.has("insecure"),
        payload=parsed.one("payload"),
        overrides=parsed.one("overrides"),
        variables=parsed.one("variables"),
        dotenv=parsed.one("dotenv"),
        solo=parsed.has("solo"),
        scenario_name=parsed.one("scenario-name"),
        strict_compat=parsed.has("strict-compat"),
        processor_runtime=runtime_of(parsed.one("processor-runtime")),
    )


def _run(argv: list[str]) -> int:
    parsed = parse(argv, RUN_FLAGS)
    if parsed.has("help"):
        return _shown(help_text("swell artillery run SCRIPT... [options]", RUN_FLAGS))
    if not parsed.files:
        raise ScriptError("name a script: swell artillery run SCRIPT.yml")
    from swell.dialects.artillery.loading import load  # noqa: PLC0415 - heavy

    return _execute(parsed, load(given_of(parsed)), ["run", *argv])


def _quick(argv: list[str]) -> int:
    parsed = parse(argv, QUICK_FLAGS)
    if parsed.has("help"):
        return _shown(help_text("swell artillery quick URL [options]", QUICK_FLAGS))
    from swell.dialects.artillery.quick import quick_test  # noqa: PLC0415 - heavy

    return _execute(parsed, quick_test(parsed), ["quick", *argv])


def _execute(parsed: Parsed, loaded: Any, command: list[str]) -> int:
    from swell.dialects.artillery.running import execute  # noqa: PLC0415 - heavy

    return execute(loaded, parsed, command)


def _report(argv: list[str]) -> int:
    parsed = parse(argv, REPORT_FLAGS)
    if parsed.has("help"):
        return _shown(help_text("swell artillery report FILE [-o FILE.html]", REPORT_FLAGS))
    if len(parsed.files) != 1:
        raise ScriptError("name one JSON report: swell artillery report FILE.json")
    from swell.dialects.artillery.report_command import report  # noqa: PLC0415 - heavy

    return report(parsed.files[0], parsed.one("output"), browse=parsed.has("open"))


def _shown(text: str) -> int:
    click.echo(text)
    return 0


def _failed(message: str, code: int = 1) -> int:
    try:
        click.echo(f"Error: {message}", err=True)
    except OSError:
        sys.stderr = None  # type: ignore[assignment]  # nobody reads it
    return code
