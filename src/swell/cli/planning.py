"""From a test file and options to a plan that can run, or to a `Mistake` that says why not.

Rules: everything that can be known to be wrong is said before anything is sent: the file, its options, its thresholds.
User code's own errors show the user's frames and none of ours.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from swell.cli.limits import check_size
from swell.cli.mistakes import Mistake, nearest
from swell.coordinator.conduct import planned_duration
from swell.coordinator.judge import plan_stages
from swell.dialects.k6.recognise import is_k6_script
from swell.dialects.locust.recognise import is_locustfile
from swell.dialects.python.loader import LOADER, load
from swell.dialects.python.options import RunOptions
from swell.metrics.builtin import BUILTIN
from swell.model.plan import ArrivalRuns, ArrivalSequence, ArrivalStages, HttpOptions, Source
from swell.model.scaling import scale_plan
from swell.model.threshold import (
    ThresholdError,
    hopeless_windows,
    misused_metrics,
    parse_threshold,
    unknown_metrics,
)
from swell.model.threshold_lines import threshold_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.metrics.builtin import Kind
    from swell.model.plan import Plan

__all__ = ["check_thresholds", "make_plan"]

_ARTILLERY = (".yml", ".yaml", ".json")


def make_plan(file: str, values: Mapping[str, Any], *, require_host: bool = True) -> Plan:
    """The plan of `file` with the options in `values` (by parameter name). Raises Mistake."""
    _check_file(file)
    env = dict(values["env"])
    declared: Mapping[str, Kind] = {}
    try:
        # What the file prints while it loads must not mix with results.
        with contextlib.redirect_stdout(sys.stderr):
            if is_k6_script(file):
                from swell.dialects.k6.common_run import plan_of_run as plan_of_script  # noqa: PLC0415 - as below

                plan, declared = plan_of_script(file, env, _run_options(file, values, require_host=require_host))
            elif Path(file).suffix in _ARTILLERY:
                from swell.dialects.artillery import common_run  # noqa: PLC0415 - as below

                options = _run_options(file, values, require_host=require_host)
                plan = common_run.plan_of_run(file, env, options, lambda text: click.echo(f"warning: {text}", err=True))
                declared = common_run.own_metrics()
            elif is_locustfile(file):
                from swell.dialects.locust.common_run import plan_of_run  # noqa: PLC0415 - only for locustfiles

                plan = plan_of_run(file, env, _run_options(file, values, require_host=require_host))
            else:
                program = load(Source(LOADER, file, env))
                declared = program.declared_metrics()
                plan = program.plan(_run_options(file, values, require_host=require_host))
        plan = scale_plan(plan, values["time_scale"] or 1.0, values["load_scale"] or 1.0)
    except Exception as error:
        if isinstance(error, ValueError) or getattr(error, "for_people", False):
            raise Mistake(str(error)) from None
        raise
    plan = _with_policy(plan, values["max_users"], values["max_lag"])
    check_size(plan, values["processes"])
    check_thresholds(plan, declared)
    return plan


def check_thresholds(plan: Plan, declared: Mapping[str, Kind]) -> None:
    """Refuse thresholds on metrics that nobody records, and those that can never mean anything. Raises Mistake.

    Warns of those for which this plan is too short.
    """
    try:
        criteria = [parse_threshold(text) for text in plan.thresholds]
    except ThresholdError as error:
        raise Mistake(f"threshold: {error}") from None
    known = {**{name: row.kind for name, row in BUILTIN.items()}, **declared}
    unknown = unknown_metrics(criteria, known)
    findings = [*unknown, *misused_metrics(criteria, BUILTIN)]
    if findings:
        declare = "Metrics of your own must be declared in the test file: Trend('name'), Counter('name'), ..."
        raise Mistake(
            "\n       ".join(f"threshold {finding.message}" for finding in findings),
            declare if any(not finding.hint for finding in unknown) else "",
        )
    for finding in hopeless_windows(criteria, planned_duration(plan), plan_stages(plan)):
        click.echo(f"warning: threshold {finding.message}", err=True)


def _check_file(file: str) -> None:
    path = Path(file)
    if path.is_dir():
        raise Mistake(f"{file} is a folder.", "Name the test file in it.")
    if not path.exists():
        folder = path.parent
        names = [each.name for each in folder.glob("*.py")] if folder.is_dir() else []
        close = nearest(path.name, names)
        hint = f"Did you mean {folder / close}?" if close else f"Python files in {folder}: {', '.join(names) or 'none'}"
        raise Mistake(f"there is no file {file}.", hint)
    if path.suffix not in {".py", *_ARTILLERY} and not is_k6_script(file):
        raise Mistake(
            f"{file}: only Python test files (.py), k6 scripts (.js, .ts, .tar) and Artillery scripts (.yml, .yaml, "
            ".json) can be run."
        )
    if not os.access(path, os.R_OK):
        raise Mistake(f"{file} cannot be read: permission denied.")


def _run_options(file: str, values: Mapping[str, Any], *, require_host: bool) -> RunOptions:
    return RunOptions(
        host=values["host"] or "",
        users=values["users"],
        spawn_rate=values["spawn_rate"],
        duration=values["duration"],
        stages=tuple((length, float(users)) for length, users in values["stage"]),
        rate=values["rate"],
        rate_stages=tuple(values["rate_stage"]),
        iterations=values["iterations"],
        profile=values["profile"] or "",
        only=tuple(values["only"]),
        include_tags=_names(values["tags"]),
        exclude_tags=_names(values["exclude_tags"]),
        tags=dict(values["tag"]),
        env=dict(values["env"]),
        thresholds=(*values["threshold"], *(line for each in values["threshold_files"] for line in _criteria(each))),
        http=_http_options(values),
        seed=values["seed"],
        name=values["name"] or Path(file).name,
        require_host=require_host,
    )


def _criteria(file: str) -> tuple[str, ...]:
    """The criteria in a file. Raises Mistake."""
    try:
        return threshold_lines(Path(file).read_text(encoding="utf-8"), file)
    except OSError as error:
        raise Mistake(f"--thresholds {file}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Mistake(f"--thresholds {file}: this is no text in UTF-8.") from None


def _http_options(values: Mapping[str, Any]) -> HttpOptions:
    given: dict[str, Any] = {
        "timeout": values["timeout"],
        "proxy": values["proxy"],
        "resolve": tuple(values["resolve"]) or None,
        "verify": False if values["insecure"] else None,
        "discard_bodies": values["discard_bodies"] or None,
    }
    return HttpOptions(**{name: value for name, value in given.items() if value is not None})


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def _with_policy(plan: Plan, max_users: int | None, max_lag: float | None) -> Plan:
    """The plan with the arrival policy of the command line on every open workload."""
    changes: dict[str, Any] = {} if max_users is None else {"max_users": max_users}
    changes |= {} if max_lag is None else {"max_lag": max_lag}
    if not changes:
        return plan
    if not any(isinstance(w.profile, ArrivalStages | ArrivalRuns | ArrivalSequence) for w in plan.workloads):
        raise Mistake("--max-users and --max-lag are for arrivals, but this plan has none.", "Add --rate N/s.")

    workloads = tuple(
        msgspec.structs.replace(w, policy=msgspec.structs.replace(w.policy, **changes)) for w in plan.workloads
    )
    return msgspec.structs.replace(plan, workloads=workloads)
