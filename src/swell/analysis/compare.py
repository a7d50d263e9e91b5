"""Compares two runs: for each endpoint and measure an effect, its interval and one of five words.

Rules: pure and seeded: the same runs and options give the same comparison. REGRESSED and IMPROVED need the whole
interval beyond the margin, and a p-value that stands after Holm's correction over all rows; EQUIVALENT needs the whole
interval inside the margin; what is neither is INCONCLUSIVE and says how long runs would settle it. No outliers are
removed: in load tests the tail is the signal.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from swell.analysis.blocks import LEAST_BLOCKS, cut_of, read_blocks
from swell.analysis.comparison import Change, CompareOptions, Comparison, ComparisonRow
from swell.analysis.effects import LogEffect, holm
from swell.analysis.findings import Finding, find
from swell.analysis.likeness import common_seconds, different_hosts, different_loads, is_steady, unbelievable
from swell.analysis.student import t_quantile
from swell.metrics.redaction import redact_url
from swell.model.units import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.analysis.blocks import Blocks, Cut, Endpoint
    from swell.metrics.store import MetricStore
    from swell.runs.record import Run

__all__ = ["compare"]

_ALL: Endpoint = ("", "")
# Longer than so many times the runs at hand is no advice.
_MOST_LONGER = 60.0
_SHORT = 30  # seconds


def compare(
    base: Run,
    base_metrics: MetricStore,
    new: Run,
    new_metrics: MetricStore,
    options: CompareOptions | None = None,
) -> Comparison:
    """How `new` differs from `base`. Both stores must be open."""
    options = options or CompareOptions()
    refused, notes = _objections(base, new, force=options.force)
    cut = cut_of(common_seconds(base, new), warm_up=options.warm_up, length=options.block)
    if cut.count < LEAST_BLOCKS:
        refused.append(_too_short(base, new, cut))
    facts: dict[str, Any] = {
        "base_id": base.id,
        "new_id": new.id,
        "base_name": base.name,
        "new_name": new.name,
        "margin": options.margin,
        "share_margin": options.share_margin,
        "level": options.level,
        "start": cut.start,
        "seconds": cut.seconds,
    }
    if refused:
        return Comparison(verdict=Change.INVALID, reasons=refused, notes=notes, **facts)
    if cut.seconds < _SHORT:
        notes.append(f"only {cut.seconds} s were compared: a mood of the machine that lasts longer looks like a change")
    end = cut.start + cut.seconds
    paired = not all(is_steady(run.plan, cut.start, end) for run in (base, new))
    if paired:
        notes.append("the load changes over time: each moment was compared with the same moment of the other run")
    found = _findings(base_metrics, new_metrics, cut, options, paired=paired, notes=notes)
    rows = _rows(found, options, cut)
    verdict, reasons = _overall(rows)
    return Comparison(
        verdict=verdict, reasons=reasons, notes=notes, rows=rows, paired=paired, needed=_half_settled(rows), **facts
    )


def _objections(base: Run, new: Run, *, force: bool) -> tuple[list[str], list[str]]:
    """(why these runs must not be compared, what a reader should know)."""
    refused = [
        f"{word} ({run.id}) proves nothing: {reason}"
        for word, run in (("the base", base), ("the new run", new))
        if (reason := unbelievable(run))
    ]
    refused += [f"the runs had different loads: {each}" for each in different_loads(base.plan, new.plan)]
    refused += [f"the machines differ: {each}" for each in different_hosts(base, new)]
    notes: list[str] = []
    if force:
        refused, notes = [], refused
    if base.id == new.id:
        notes.append("this is one and the same run")
    files = [run.plan.source.path.rpartition("/")[2] for run in (base, new)]
    if files[0] != files[1]:
        notes.append(f"the runs are of different files: {files[0]} and {files[1]}")
    if base.host.name != new.host.name:
        notes.append(f"the runs were made on different machines: {base.host.name or '?'} and {new.host.name or '?'}")
    if base.plan.processes != new.plan.processes:
        notes.append(f"the runs had {base.plan.processes} and {new.plan.processes} worker processes")
    notes += [f"{run.id} ended early, after {run.duration:.0f} s" for run in (base, new) if run.interrupted]
    return refused, notes


def _too_short(base: Run, new: Run, cut: Cut) -> str:
    return (
        f"the runs are too short: {common_seconds(base, new):.0f} s, of which {cut.start} s are warm-up, give"
        f" {plural(cut.count, 'block')} of {cut.length} s, and {LEAST_BLOCKS} are the least"
    )


def _findings(
    base: MetricStore, new: MetricStore, cut: Cut, options: CompareOptions, *, paired: bool, notes: list[str]
) -> list[Finding]:
    """All rows, not judged yet: all requests first, then by endpoint."""
    found: list[tuple[Endpoint, Finding]] = []
    one_sided: dict[str, None] = {}
    for metric in dict.fromkeys(measure.metric for measure in options.measures):
        first, second = read_blocks(base, metric, cut), read_blocks(new, metric, cut)
        one_sided.update(dict.fromkeys(_one_sided(first, second)))
        endpoints = sorted(first.keys() & second.keys())
        if len(endpoints) == 2 and first.keys() == second.keys():
            endpoints.remove(_ALL)  # the only endpoint is all requests
        endpoints = [each for each in endpoints if _is_wanted(each, options.endpoints)]
        for measure in options.measures:
            if measure.metric != metric:
                continue
            rows = [
                (
                    endpoint,
                    find(
                        _name(endpoint, metric),
                        measure,
                        first[endpoint],
                        second[endpoint],
                        cut,
                        paired=paired,
                        options=options,
                    ),
                )
                for endpoint in endpoints
            ]
            found += [(endpoint, finding) for endpoint, finding in rows if finding is not None]
            if not endpoints:
                note = "no such endpoint in both runs" if options.endpoints else "not measured in both runs"
                name = ", ".join(options.endpoints) or _name(_ALL, metric)
                found.append((_ALL, Finding(name, measure, note=note)))
            elif measure.metric == "http_req_failed" and not any(finding for _, finding in rows):
                notes.append("no request failed in either run")
    notes += one_sided
    order = {measure: place for place, measure in enumerate(options.measures)}
    found.sort(key=lambda each: (each[0], order[each[1].measure]))
    return [finding for _, finding in found]


def _is_wanted(endpoint: Endpoint, wanted: Sequence[str]) -> bool:
    return not wanted or (endpoint != _ALL and (endpoint[0] in wanted or _name(endpoint, "") in wanted))


def _one_sided(base: dict[Endpoint, Blocks], new: dict[Endpoint, Blocks]) -> list[str]:
    return [
        *(f"{_name(each, '')} is in the base only" for each in sorted(base.keys() - new.keys())),
        *(f"{_name(each, '')} is in the new run only" for each in sorted(new.keys() - base.keys())),
    ]


def _name(endpoint: Endpoint, metric: str) -> str:
    name, method = endpoint
    if name:
        return f"{method} {redact_url(name)}".strip()
    return "all requests" if metric.startswith("http_") else "the whole run"


def _rows(found: Sequence[Finding], options: CompareOptions, cut: Cut) -> list[ComparisonRow]:
    """The findings, judged together."""
    tested = [each for each in found if each.effect is not None]
    adjusted = dict(zip(map(id, tested), holm([_p(each, options) for each in tested]), strict=True))
    return [_row(each, adjusted.get(id(each)), len(tested), options, cut) for each in found]


def _margin(finding: Finding, options: CompareOptions) -> float:
    """On the scale of the effect."""
    return math.log1p(options.margin) if isinstance(finding.effect, LogEffect) else options.share_margin


def _p(finding: Finding, options: CompareOptions) -> float:
    assert finding.effect is not None
    margin = _margin(finding, options)
    return min(finding.effect.p_above(margin), finding.effect.p_below(-margin))


def _row(finding: Finding, p: float | None, rows: int, options: CompareOptions, cut: Cut) -> ComparisonRow:
    effect, measure = finding.effect, finding.measure
    facts: dict[str, Any] = {
        "endpoint": finding.endpoint,
        "metric": measure.text,
        "base": finding.base,
        "new": finding.new,
        "more_is_better": measure.more_is_better,
        "blocks": finding.blocks,
        "block_seconds": finding.block_seconds,
        "note": finding.note,
    }
    if effect is None or p is None:
        return ComparisonRow(verdict=Change.INVALID, **facts)
    relative, margin = isinstance(effect, LogEffect), _margin(finding, options)
    low, high = effect.interval(options.level)
    needed = None
    if p <= 1.0 - options.level and (low > margin or high < -margin):
        verdict = Change.IMPROVED if (effect.value > 0) == measure.more_is_better else Change.REGRESSED
    elif -margin <= low and high <= margin:
        verdict = Change.EQUIVALENT
    else:
        verdict = Change.INCONCLUSIVE
        needed = _needed(effect.value, (high - low) / 2.0, margin, _strictness(effect, rows, options), cut)
    shown = [math.expm1(each) if relative else each for each in (effect.value, low, high)]
    return ComparisonRow(
        verdict=verdict,
        effect=shown[0],
        low=shown[1],
        high=shown[2],
        p=p,
        relative=relative,
        margin=options.margin if relative else options.share_margin,
        needed=needed,
        **facts,
    )


def _strictness(effect: Any, rows: int, options: CompareOptions) -> float:
    """How much wider than the interval the reach is that the correction for many rows asks for."""
    alpha = 1.0 - options.level
    freedom = effect.freedom
    return max(1.0, t_quantile(1.0 - alpha / rows, freedom) / t_quantile(1.0 - alpha / 2.0, freedom))


def _needed(value: float, reach: float, margin: float, strictness: float, cut: Cut) -> float | None:
    """Seconds that each run should last; None if the effect lies too near the margin to be settled."""
    beyond = abs(value) > margin
    distance = abs(abs(value) - margin)
    if distance <= 0.0:
        return None
    # The reach shrinks with the root of the length.
    longer = ((reach * strictness if beyond else reach) / distance) ** 2
    if longer > _MOST_LONGER:
        return None
    return cut.start + cut.seconds * max(longer, 1.1)


def _half_settled(rows: Sequence[ComparisonRow]) -> float | None:
    """The length of runs that would settle half of what is inconclusive; None if nothing is, or no length would."""
    lengths = sorted(row.needed or math.inf for row in rows if row.verdict is Change.INCONCLUSIVE)
    middle = lengths[(len(lengths) - 1) // 2] if lengths else math.inf
    return middle if math.isfinite(middle) else None


def _overall(rows: Sequence[ComparisonRow]) -> tuple[Change, list[str]]:
    """The worst that is certain; what is not certain counts before what is good."""
    for verdict in (Change.REGRESSED, Change.INCONCLUSIVE, Change.IMPROVED, Change.EQUIVALENT):
        if any(row.verdict is verdict for row in rows):
            return verdict, []
    return Change.INVALID, [f"nothing could be compared: {row.endpoint}, {row.metric}: {row.note}" for row in rows[:5]]
