"""The end of a k6 test: summary, handleSummary, files, and the exit code.

Rules: handleSummary runs in this process, in a context of its own; what goes wrong in it is logged and the usual
summary printed instead. A threshold is judged as k6 does (no samples of a rate or trend pass); what else our verdict
says goes to the log, and counts where k6 would call a run good that proves nothing.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from swell.dialects.javascript import UNDEFINED, JsError
from swell.dialects.k6.option_values import seconds
from swell.dialects.k6.summary import MODES, text_summary
from swell.dialects.k6.summary_data import TREND_STATS, summary_data, summary_details, threshold_holds
from swell.dialects.k6.summary_export import export, export_text, machine_readable
from swell.dialects.k6.summary_files import write_results
from swell.engine.script import AbortRun

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.coordinator.state import Outcome
    from swell.dialects.k6.loading import Loaded
    from swell.dialects.k6.running import Told
    from swell.metrics.exact import ExactTrends
    from swell.metrics.store import MetricStore
    from swell.runs.record import Run

__all__ = ["exit_code", "show_results", "summary_mode", "tell_verdict"]

_THRESHOLDS, _SETUP_TIMEOUT, _TEARDOWN_TIMEOUT, _STOPPED = 99, 100, 101, 103
_INTERRUPTED, _SCRIPT_ERROR, _ABORTED, _FAILED = 105, 107, 108, 110
_INVALID = 3
_NAMES = {"int": "a number", "float": "a number", "bool": "true", "list": "an array", "bytes": "an ArrayBuffer"}
_SUMMARY_TIMEOUT = 120.0  # seconds
_VERSION = "v2.2.0"  # the k6 whose formats these are


def summary_mode(given: Any) -> str:
    """The layout that the command line and the environment ask for; compact if none."""
    mode = given.one("summary-mode") or os.environ.get("K6_SUMMARY_MODE", "") or "compact"
    if given.has("no-summary") or os.environ.get("K6_NO_SUMMARY", "").lower() in {"true", "1"}:
        mode = "disabled"
    return mode if mode in MODES else ""


def show_results(
    loaded: Loaded,
    run: Run,
    store: MetricStore,
    outcome: Outcome,
    *,
    told: Told,
    exact: ExactTrends,
    log: Callable[[str, str], None],
) -> None:
    """Say what went wrong, print the summary or what handleSummary makes of it, write --summary-export."""
    given, options = loaded.given, loaded.options
    if outcome.script_error is not None:
        log("error", _words(outcome.script_error))
    mode: Any = summary_mode(given)
    stats = tuple(options.get("summaryTrendStats") or TREND_STATS)
    no_color = given.has("no-color") or bool(os.environ.get("NO_COLOR") or os.environ.get("K6_NO_COLOR"))
    more: dict[str, Any] = {} if told.setup is None else {"setup_data": msgspec.json.decode(told.setup)}
    data = summary_data(
        run,
        store,
        trend_stats=stats,
        time_unit=options.get("summaryTimeUnit") or "",
        no_color=no_color,
        stdout_tty=sys.stdout.isatty(),
        stderr_tty=sys.stderr.isatty(),
        declared=[(each.metric, each.expression) for each in loaded.thresholds],
        exact=exact,
        **more,
    )
    if mode != "disabled" and not _handled(loaded, data, log):
        details = summary_details(store, trend_stats=stats) if mode == "full" else dict[str, Any]()
        details["measured"] = _measured(loaded, run)
        colours = sys.stdout.isatty() and not no_color
        _print(text_summary(data, mode=mode, colors=colours, details=details))
    path = given.one("summary-export") or os.environ.get("K6_SUMMARY_EXPORT", "")
    if path:
        _export(path, given, data, loaded, log)


def _measured(loaded: Loaded, run: Run) -> dict[str, dict[str, float]]:
    """What each threshold of the script looked at, by metric and expression."""
    found: dict[str, dict[str, float]] = {}
    for threshold, result in zip(loaded.thresholds, run.thresholds, strict=False):
        if result.value is not None:
            found.setdefault(threshold.metric, {})[threshold.expression] = result.value
    return found


def _handled(loaded: Loaded, data: dict[str, Any], log: Callable[[str, str], None]) -> bool:
    """Whether the script's own handleSummary took care of the summary."""
    program = loaded.instance.program
    timeout = seconds("handleSummaryTimeout", loaded.options.get("handleSummaryTimeout")) or _SUMMARY_TIMEOUT
    program.host = replace(program.host, limits=replace(program.host.limits, run_seconds=timeout))
    try:
        vu = loaded.instance.new_vu(0, phase="summary")
        context = vu.context
        assert context is not None
        if "handleSummary" not in context.call("names"):
            return False
        found = context.call("phase", ["handleSummary", msgspec.json.encode(data).decode()], wait="drained")
        results = _results(found)
    except (JsError, AbortRun, RuntimeError, ValueError) as error:
        text = error.stack if isinstance(error, JsError) else str(error)
        log("error", f"handleSummary failed, so the usual summary follows: {text}")
        return False
    if not results:
        return False
    for trouble in write_results(results):
        log("error", trouble)
    return True


def _results(found: Any) -> dict[str, Any]:
    """What handleSummary returned, checked. ValueError if it is no object with texts."""
    if found is None or found is UNDEFINED or found is False or found in ("", 0):
        return {}
    if not isinstance(found, dict):
        raise ValueError(f"it must return an object of names and contents, not {_named(found)}")
    results: dict[str, Any] = {}
    for name, content in found.items():  # pyright: ignore[reportUnknownVariableType]
        if content is None or content is UNDEFINED:
            continue
        if not isinstance(content, (str, bytes, bytearray)):
            raise ValueError(f"the content of {name!r} must be a text or an ArrayBuffer")
        results[str(name)] = bytes(content) if isinstance(content, bytearray) else content  # pyright: ignore[reportUnknownArgumentType]
    return results


def _named(found: object) -> str:
    return _NAMES.get(type(found).__name__, "a text")


def _export(path: str, given: Any, data: dict[str, Any], loaded: Loaded, log: Callable[[str, str], None]) -> None:
    new = given.has("new-machine-readable-summary") or os.environ.get(
        "K6_NEW_MACHINE_READABLE_SUMMARY", ""
    ).lower() in {"true", "1"}
    if new:
        import datetime as dt  # noqa: PLC0415 - only here

        now = dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")
        document = machine_readable(data, script=loaded.test.script, version=_VERSION, generated_at=now)
    else:
        document = export(data)
    try:
        Path(path).write_text(export_text(document), "utf-8")
    except OSError as error:
        log("error", f"the summary could not be written to {path}: {error.strerror}")


def exit_code(loaded: Loaded, run: Run, outcome: Outcome, told: Told, *, stopped: bool, compared: bool = False) -> int:
    """k6's exit code of a run that is over; `compared`: a regression against a baseline counts as a threshold."""
    error = outcome.script_error
    if told.aborted is not None:
        return _ABORTED
    if error is not None:
        return _SETUP_TIMEOUT if "took longer than" in error[1] and error[0] == "setup" else _SCRIPT_ERROR
    if outcome.interrupted:
        return _INTERRUPTED
    if stopped:
        return _STOPPED
    if crossed(run, loaded) or (compared and run.verdict == "FAIL"):
        return _THRESHOLDS
    if outcome.teardown_error:
        return _TEARDOWN_TIMEOUT if "took longer than" in outcome.teardown_error else _SCRIPT_ERROR
    if told.failed is not None:
        return _FAILED
    if run.thresholds and run.verdict == "INVALID" and _doubtful(run):
        return _INVALID
    if run.verdict == "WARN" and loaded.given.has("strict"):
        return 1
    return 0


def crossed(run: Run, loaded: Loaded) -> list[str]:
    """The metrics whose thresholds failed, as k6 judges, with their tags as the script has them."""
    names = {number: each.metric for number, each in enumerate(loaded.thresholds)}
    failed = (
        names.get(number, each.criterion.metric)
        for number, each in enumerate(run.thresholds)
        if not threshold_holds(each)
    )
    return list(dict.fromkeys(failed))


def _doubtful(run: Run) -> bool:
    """Whether it is INVALID for more than thresholds without samples, which k6 lets pass."""
    no_data = sum(1 for each in run.thresholds if each.grade == "no data")
    return len(run.reasons) > no_data


def tell_verdict(
    run: Run, outcome: Outcome, code: int, log: Callable[[str, str], None], *, loaded: Loaded, judged: bool
) -> None:
    """What the summary does not say: why a run failed, and what takes the worth from its numbers."""
    failed = crossed(run, loaded)
    if failed:
        log("error", f"thresholds on metrics '{', '.join(failed)}' have been crossed")
    if outcome.interrupted:
        log("error", "the test was interrupted")
    if outcome.stop_reason and code not in {_THRESHOLDS, 0}:
        log("error", f"the test was aborted: {outcome.stop_reason}")
    if run.verdict == "FAIL" and not failed:
        log("error", "; ".join(run.reasons))
    if judged and run.verdict == "INVALID" and _doubtful(run) and code in {0, _INVALID, _THRESHOLDS}:
        log("warn" if code != _INVALID else "error", f"verdict INVALID: {'; '.join(run.reasons)}")
    told: list[str] = [*(run.reasons if run.verdict == "WARN" else []), *run.warnings, *run.notes]
    said = [error for error in (outcome.teardown_error, (outcome.script_error or ("", ""))[1]) if error]
    for text in dict.fromkeys(told):
        if not any(error in text for error in said):
            log("warn", text)


def _words(error: tuple[str, str]) -> str:
    phase, text = error
    text = text.removeprefix("Traceback (most recent call last):\n")
    return f"setup(): {text}" if phase == "setup" and not text.startswith(phase) else text


def _print(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except (BrokenPipeError, ValueError):
        return
