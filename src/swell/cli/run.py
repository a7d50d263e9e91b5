"""`swell run FILE`: run a test, show what happens, judge it.

Rules: parses and hands over; the exit code is the judgement's.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from swell.cli.options import output_options, plan_options

__all__ = ["command"]


@click.command("run", context_settings={"max_content_width": 100})
@plan_options
@output_options
def command(file: str, **values: Any) -> int:
    """Run the test in FILE, show what happens, judge it.

    Exit codes: 0 PASS, WARN or no thresholds; 1 FAIL; 2 wrong use or a broken test; 3 INVALID (the
    measurement proves nothing); 130 interrupted.

    \b
    swell run loadtest.py --host https://test.example.org -u 50 -t 5m
    swell run loadtest.py --rate 200/s -t 1m --threshold 'http_req_duration: p(95) < 500ms'
    """  # noqa: D301 - a backspace is how click keeps lines apart
    from swell.cli.planning import make_plan  # noqa: PLC0415 - keeps the help fast
    from swell.cli.session import Output, execute, worker_count  # noqa: PLC0415 - as above

    output = Output.of(values)
    words = ["swell", *sys.argv[1:]]
    if output.web_stay:
        from swell.cli.desk_runs import serve  # noqa: PLC0415 - as above

        return serve(file, values, output, words)
    plan = make_plan(file, values)
    return execute(plan, worker_count(values["processes"], plan), output, words)
