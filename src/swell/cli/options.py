"""The options that shape a plan, the same for every command that takes a test file.

Rules: an option given here wins over the file. Each value is checked by itself here; what options mean together, and
for a file, is the dialect's to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from swell.cli import types

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["output_options", "plan_options"]

Function = TypeVar("Function", bound="Callable[..., Any]")

_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "-H", "--host", type=types.HOST, help="Base URL of the target, such as https://example.org; wins over the file."
    ),
    click.option("-u", "--users", type=types.whole(1), metavar="N", help="How many users run at once."),
    click.option("-r", "--spawn-rate", type=types.FACTOR, metavar="N", help="Users started per second. Default: all."),
    click.option("-t", "--duration", type=types.POSITIVE_DURATION, metavar="TIME", help="How long: 30s, 10m, 1h30m."),
    click.option(
        "--stage", type=types.STAGE, multiple=True, metavar="TIME:N", help="Go to N users within TIME. Repeatable."
    ),
    click.option(
        "--rate", type=types.RATE, metavar="N/s", help="Iterations started per second, however long each takes."
    ),
    click.option(
        "--rate-stage",
        type=types.RATE_STAGE,
        multiple=True,
        metavar="TIME:N/s",
        help="Go to a rate of N/s within TIME. Repeatable.",
    ),
    click.option("--iterations", type=types.whole(1), metavar="N", help="Iterations, shared by all users."),
    click.option(
        "--profile",
        metavar="NAME",
        help="A load profile of the file, or smoke, average, stress, spike, soak, breakpoint.",
    ),
    click.option("--time-scale", type=types.FACTOR, metavar="X", help="Make the plan X times as long, such as 0.1."),
    click.option("--load-scale", type=types.FACTOR, metavar="X", help="Make the load X times as large."),
    click.option("--max-users", type=types.whole(1), metavar="N", help="With a rate: users there may be at most."),
    click.option(
        "--max-lag", type=types.DURATION, metavar="TIME", help="With a rate: how long an arrival may wait for a user."
    ),
    click.option(
        "--threshold",
        multiple=True,
        metavar="EXPR",
        help="A criterion, such as 'http_req_duration: p(95) < 500ms'. Repeatable.",
    ),
    click.option(
        "--thresholds",
        "threshold_files",
        type=click.Path(),
        multiple=True,
        metavar="FILE",
        help="A file with one criterion a line. Repeatable.",
    ),
    click.option(
        "--processes", type=types.PROCESSES, default="1", metavar="N|auto", help="Worker processes. Default: 1."
    ),
    click.option("--tag", type=types.PAIR, multiple=True, metavar="K=V", help="A tag on all samples. Repeatable."),
    click.option(
        "-e", "--env", type=types.PAIR, multiple=True, metavar="K=V", help="An environment variable. Repeatable."
    ),
    click.option("--only", multiple=True, metavar="WORKLOAD", help="Run this workload or user only. Repeatable."),
    click.option("--tags", metavar="A,B", help="Run only tasks with one of these tags."),
    click.option("--exclude-tags", metavar="A,B", help="Leave out tasks with one of these tags."),
    click.option("--name", default="", metavar="TEXT", help="A name for this run. Default: the file's."),
    click.option("--seed", type=types.INTEGER, metavar="N", help="Makes everything random repeatable."),
    click.option("--insecure", is_flag=True, help="Do not verify TLS certificates."),
    click.option("--timeout", type=types.POSITIVE_DURATION, metavar="TIME", help="Limit of one request. Default: 60s."),
    click.option("--proxy", metavar="URL", help="Send requests through this proxy."),
    click.option(
        "--resolve",
        type=types.RESOLVE,
        multiple=True,
        metavar="HOST:PORT:ADDR",
        help="Use this address for a host. Repeatable.",
    ),
    click.option("--discard-bodies", is_flag=True, help="Read response bodies without keeping them."),
)


_OUTPUT_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--json", "json_path", default="", metavar="FILE", help="Write a summary as JSON; - is stdout."),
    click.option("--html", default="", metavar="FILE", help="Write a report as one HTML file."),
    click.option("--junit", default="", metavar="FILE", help="Write the criteria as a JUnit file."),
    click.option("--markdown", default="", metavar="FILE", help="Write a summary as Markdown."),
    click.option(
        "--out",
        multiple=True,
        metavar="NAME=ARG",
        help="Send measurements meanwhile: json, csv, influxdb, otlp, prometheus, prometheus-rw, pushgateway, statsd."
        " Repeatable.",
    ),
    click.option(
        "--web",
        is_flag=False,
        flag_value="",
        metavar="[HOST:PORT]",
        help="Show the run in a browser while it goes on. Default address: 127.0.0.1:5665.",
    ),
    click.option("--web-stay", is_flag=True, help="Keep the page after the run, until Ctrl-C. Implies --web."),
    click.option("--web-start", is_flag=True, help="Begin with the form of the page. Implies --web-stay."),
    click.option(
        "--baseline",
        is_flag=False,
        flag_value="default",
        metavar="[NAME]",
        help="Compare with this baseline at the end; a regression fails the run.",
    ),
    click.option(
        "--margin",
        type=types.SHARE,
        default="5%",
        metavar="SHARE",
        help="With --baseline: smaller changes do not matter. Default: 5%.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="No progress, only the result."),
    click.option("--strict", is_flag=True, help="Exit with 1 also for WARN."),
    click.option(
        "--store", metavar="URL", help="Keep the run there: a path or postgresql://... Default: .swell/runs.db."
    ),
    click.option("--no-store", is_flag=True, help="Do not keep the run."),
)


def output_options(function: Function) -> Function:
    """Decorate a command with what says where results go."""
    for option in reversed(_OUTPUT_OPTIONS):
        function = option(function)
    return function


def plan_options(function: Function) -> Function:
    """Decorate a command with the test file and all options that shape a plan."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return click.argument("file", type=click.Path())(function)
