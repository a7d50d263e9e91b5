"""`swell demo`: a small real service, a quarter of a minute of load, a result, and what to do next.

Rules: the service is a child process on a free loopback port and never outlives this command. The load test is an
ordinary file of the package, run like any other.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from swell.cli import types
from swell.cli.mistakes import Mistake
from swell.cli.options import output_options

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["command"]

FAULTS = ("slow", "errors", "leak", "rate-limit", "oversell", "stall")


@click.command("demo")
@click.option("--fault", type=click.Choice(FAULTS), help="Give the service one fault, to see it in the result.")
@click.option("--serve", is_flag=True, help="Only serve, until Ctrl-C.")
@click.option("--port", type=types.whole(0, 65535), default=0, help="Port of the service. Default: a free one.")
@output_options
@click.option("--time-scale", default="1", hidden=True, help="For tests of this command.")
def command(**values: Any) -> int:
    """Start a small service on this machine and load it for about 15 seconds."""
    if values["serve"]:
        from swell.demo.serve import main as serve_demo  # noqa: PLC0415 - heavy, and a process of its own otherwise

        return serve_demo(["--port", str(values["port"]), "--fault", values["fault"] or ""])
    return _load_demo(values)


def _load_demo(values: dict[str, Any]) -> int:
    from swell.cli.desk_runs import serve  # noqa: PLC0415 - keeps the help fast
    from swell.cli.planning import make_plan  # noqa: PLC0415 - as above
    from swell.cli.run import command as run_command  # noqa: PLC0415 - as above
    from swell.cli.session import Output, execute  # noqa: PLC0415 - as above

    test = Path(__file__).parents[1] / "demo" / "loadtest.py"
    output = Output.of(values)
    with _service(values["port"], values["fault"] or "") as url:
        arguments = [str(test), "--host", url, "--name", "swell demo", "--time-scale", values["time_scale"]]
        options = run_command.make_context("run", arguments).params
        file, words = options.pop("file"), ["swell", *sys.argv[1:]]
        if output.web_stay:
            code = serve(file, options, output, words)
        else:
            code = execute(make_plan(file, options), 1, output, words)
    if not values["quiet"]:
        click.echo(_next_steps(test), err=values["json_path"] == "-")
    return code


@contextlib.contextmanager
def _service(port: int, fault: str) -> Generator[str]:
    """The demo service as a child process; gives its URL."""
    command = [sys.executable, "-P", "-m", "swell.demo.serve", "--exit-with-parent", "--port", str(port)]
    process = subprocess.Popen(  # noqa: S603 - our own module
        [*command, "--fault", fault],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Ctrl-C is for the run: the service must still answer while users end in good order.
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise Mistake("the demo service did not start.", "Its own message is above.")
        yield url
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _next_steps(test: Path) -> str:
    return (
        "Next:\n"
        "  1. swell demo --fault errors     see a fault (also slow, leak, rate-limit, oversell, stall)\n"
        f"  2. cp {test} .     an ordinary test: read it, change it\n"
        "  3. swell run loadtest.py --host http://your.test.system -u 10 -t 1m"
    )
