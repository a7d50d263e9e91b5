"""The command `swell`: finds the subcommand, turns every end into the right exit code.

Rules: nothing heavy is imported until a subcommand runs, so that `swell --help` answers at once; the names
and one line about each stand here for that reason. Exit codes come from the run's judgement; only wrong use
(2) and Ctrl-C outside of a run (130) are decided here. A reader that closed the pipe is no error; a disk that is full
is one, told in a line. Streams that were closed before we began lead nowhere.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from swell import __version__
from swell.cli.mistakes import nearest

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

__all__ = ["main", "swell"]

_WRONG_USE = 2
_INTERRUPTED = 130

# Name: module with a `command`, and what the overview says of it.
_COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("swell.cli.run", "Run a test, show what happens, judge it."),
    "check": ("swell.cli.check", "Explain what a test would do, without sending anything."),
    "locust": ("swell.cli.locust", "Run a locustfile with Locust's own command line."),
    "k6": ("swell.cli.k6", "Run a k6 script with k6's own command line."),
    "artillery": ("swell.cli.artillery", "Run an Artillery script with Artillery's own command line."),
    "python": ("swell.cli.python", "Run a file with run_single_user, its `locust` being Swell's."),
    "suite": ("swell.cli.suite", "Run all tests of swell.toml, with one table and one verdict."),
    "init": ("swell.cli.init", "Write swell.toml and a GitHub workflow for the tests of this folder."),
    "runs": ("swell.cli.runs", "Look at the runs that were stored."),
    "report": ("swell.cli.report", "Write the HTML report of a stored run."),
    "compare": ("swell.cli.compare", "Compare two stored runs: what has become worse, and how sure that is."),
    "trend": ("swell.cli.trend", "Show one figure over the stored runs, and where it changed."),
    "demo": ("swell.cli.demo", "Start a small service and load it for a quarter of a minute."),
    "version": ("swell.cli.version", "Show versions of Swell and of what it runs on."),
}


class _ReaderGoneError(Exception):
    """The reader of our output closed the pipe. No OSError: click would end the program with exit code 1 for that."""


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""What a disk says that takes no more."""


@contextlib.contextmanager
def _without_reader() -> Generator[None]:
    try:
        yield
    except BrokenPipeError:
        raise _ReaderGoneError from None


class _LazyGroup(click.Group):
    """A group that imports a subcommand when it is called."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with _without_reader():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _without_reader():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        entry = _COMMANDS.get(cmd_name)
        return importlib.import_module(entry[0]).command if entry is not None else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in _COMMANDS:
            if name.endswith(".py"):
                ctx.fail(f"to run a test, write: swell run {name}")
            hint = nearest(name, _COMMANDS)
            ctx.fail(f"there is no command {name!r}." + (f" Did you mean {hint!r}?" if hint else ""))
        return super().resolve_command(ctx, args)


@click.group(
    cls=_LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "--version", prog_name="swell", message="%(prog)s %(version)s")
@click.pass_context
def swell(ctx: click.Context) -> None:
    """Load testing that is fast and truthful.

    Start with: swell demo
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    _open_closed_streams()
    try:
        code = _call(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except (BrokenPipeError, _ReaderGoneError):
        _drop_output()
        code = 0
    except OSError as error:
        if error.errno not in _FULL:
            raise
        with contextlib.suppress(OSError):
            click.echo(f"Error: {error.filename or 'the output'} could not be written: {error.strerror}.", err=True)
        _drop_output()
        code = _WRONG_USE
    return code


def _call(arguments: list[str]) -> int:
    try:
        result = swell.main(arguments, prog_name="swell", standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        with contextlib.suppress(BrokenPipeError):
            error.show()
        return _WRONG_USE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return _INTERRUPTED
    return result if isinstance(result, int) else 0


def _open_closed_streams() -> None:
    """Connect stdin, stdout and stderr with nothing where they are closed (`>&-`).

    Otherwise the first file or socket that is opened would get the number of the closed one, and what a library writes
    to "stdout" would end up in it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is not None:
            continue
        with contextlib.suppress(OSError):
            os.fstat(number)
            continue  # not closed: somebody took the stream away on purpose
        with contextlib.suppress(OSError):
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
        setattr(sys, name, open(number, "r" if number == 0 else "w", closefd=False))  # noqa: SIM115 - for good


def _drop_output() -> None:
    """Let the interpreter's last flush of stdout go nowhere instead of failing again."""
    with contextlib.suppress(OSError, ValueError):  # not a real file: nothing will be flushed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
