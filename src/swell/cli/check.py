"""`swell check FILE`: explain a plan without sending anything.

Rules: takes every option of `swell run` that shapes the plan, so that a command line can be tried by one changed word.
"""

from __future__ import annotations

from typing import Any

import click

from swell.cli.options import plan_options

__all__ = ["command"]


@click.command("check", context_settings={"max_content_width": 100})
@plan_options
def command(file: str, **values: Any) -> int:
    """Explain what the test in FILE would do: workloads, load over time, thresholds, totals. Nothing is sent."""
    from swell.cli.planning import make_plan  # noqa: PLC0415 - keeps the help fast
    from swell.cli.session import worker_count  # noqa: PLC0415 - as above
    from swell.report.console import make_console  # noqa: PLC0415 - as above
    from swell.report.explain import print_plan  # noqa: PLC0415 - as above

    plan = make_plan(file, values, require_host=False)
    print_plan(plan, max(worker_count(values["processes"], plan), 1), make_console())
    return 0
