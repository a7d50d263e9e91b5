"""When arrivals start: intended times of open load profiles, exact, in chunks, for one worker's slice.

Rules: arrival k is a function of k (even spacing) or of the seed and k (random spacing), never of the
arrival before it, so times do not drift and slices over workers partition the one global sequence. Memory
is flat: random arrivals are drawn block by block, the counts of the blocks by splitting the total, which
gives the same law as sorting all of them at once. `chunk` only groups the output. Times are seconds from
the start of the workload.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from swell.model.plan import ArrivalRuns
from swell.model.profiles import expected_arrivals, planned_iterations
from swell.model.segments import parts_of, segments, snap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from swell.model.plan import ArrivalRun, ArrivalStages, OpenProfile

__all__ = ["Times", "arrival_count", "arrivals", "derived_seed"]

Times: TypeAlias = NDArray[np.float64]

# Random arrivals per block, on average. Part of what a seed means: changing it changes every random schedule.
_BLOCK = 4096


def arrivals(profile: OpenProfile, *, seed: int, index: int = 0, count: int = 1, chunk: int = 4096) -> Iterator[Times]:
    """The intended times of arrivals `index`, `index + count`, ... of the profile's sequence, in order.

    Yields arrays of `chunk` times, the last one shorter, none empty. All workers must use one seed. The last
    arrival may lie exactly on the end of the profile. Raises ValueError for a slice that does not exist.
    """
    if not 0 <= index < count:
        raise ValueError(f"there is no worker {index} of {count}")
    if chunk < 1:
        raise ValueError(f"a chunk must hold at least 1 arrival, got {chunk}")
    return _regroup(_pieces(profile, seed, index, count, chunk), chunk)


def arrival_count(profile: OpenProfile, *, seed: int) -> int:
    """How many arrivals `arrivals` yields over all slices, without drawing them."""
    return sum(
        _part_count(part.profile, _generator(seed, number)) for number, (_, part) in enumerate(parts_of(profile))
    )


def derived_seed(seed: int, *names: str) -> int:
    """A seed for one of several random sequences of a run (a workload, say): the same on every machine."""
    digest = hashlib.blake2b(digest_size=8)
    for text in (str(seed), *names):
        data = text.encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return int.from_bytes(digest.digest(), "big")


def _pieces(profile: OpenProfile, seed: int, index: int, count: int, chunk: int) -> Iterator[Times]:
    passed = 0
    for number, (start, part) in enumerate(parts_of(profile)):
        generator = _generator(seed, number)
        total = _part_count(part.profile, generator)
        first = (index - passed) % count
        if isinstance(part.profile, ArrivalRuns):
            pieces = _run_times(part.profile.runs, first, count, chunk)
        elif part.profile.spacing == "even":
            pieces = _even_times(part.profile, total, first, count, chunk)
        else:
            pieces = _random_times(part.profile, total, generator, first, count)
        for piece in pieces:
            yield piece + start if start else piece
        passed += total


def _generator(seed: int, number: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed % 2**64, number])))


def _part_count(profile: ArrivalStages | ArrivalRuns, generator: np.random.Generator) -> int:
    """The arrivals of one part. With exponential gaps their number is itself the generator's first draw."""
    planned = planned_iterations(profile)
    if planned is None:
        # Independent exponential gaps until the end are a Poisson number of uniform points: the same process.
        return int(generator.poisson(expected_arrivals(profile)))
    return planned


def _regroup(pieces: Iterable[Times], chunk: int) -> Iterator[Times]:
    waiting: list[Times] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size < chunk:
            continue
        joined = np.concatenate(waiting) if len(waiting) > 1 else piece
        full = size - size % chunk
        for start in range(0, full, chunk):
            yield joined[start : start + chunk]
        waiting = [joined[full:].copy()]  # a copy: a view would keep the whole array alive
        size -= full
    if size:
        yield np.concatenate(waiting)


class _Curve:
    """The integral N(t) of a rate that is a line through stages, turned around: from N to t."""

    def __init__(self, profile: ArrivalStages) -> None:
        edge = Fraction(0)
        rows: list[tuple[float, float, float, float, float, float, float, float]] = []
        for line in segments(profile):
            before = snap(edge)
            edge += line.area
            after = snap(edge)
            if line.area <= 0 or after <= before:
                continue
            slope = abs(line.last - line.first) / line.length
            # Solved from the end where the rate is lower: no difference of nearly equal numbers comes up
            # there.
            if line.last >= line.first:
                rows.append((after, before, line.start, 1.0, line.first, slope, line.start, line.end))
            else:
                rows.append((after, after, line.end, -1.0, line.last, slope, line.start, line.end))
        self.total = snap(edge)
        columns = np.array(rows, dtype=np.float64).reshape(len(rows), 8).T.copy()
        self._ends: Times = columns[0]
        self._columns: Times = columns

    def times(self, integral: Times, *, latest: bool) -> Times:
        """When N(t) is each of these values; where N stands still, the `latest` such t or the earliest."""
        line = np.searchsorted(self._ends, integral, side="right" if latest else "left")
        np.minimum(line, len(self._ends) - 1, out=line)
        _, anchor, origin, way, rate, slope, start, end = self._columns[:, line]
        # From the anchor on, N grows as rate * x + slope * x * x / 2; this form of the root is stable and
        # gives area / rate on a flat stage.
        area = np.maximum((integral - anchor) * way, 0.0)
        below = rate + np.sqrt(rate * rate + 2.0 * slope * area)
        distance = np.divide(2.0 * area, below, out=np.zeros_like(area), where=below > 0.0)
        return np.clip(origin + way * distance, start, end)


def _even_times(profile: ArrivalStages, total: int, first: int, step: int, chunk: int) -> Iterator[Times]:
    if first >= total:
        return
    curve = _Curve(profile)
    # An arrival that opens its interval belongs behind a pause, one that closes it belongs before.
    latest = profile.offset < 1
    for low in range(first, total, step * chunk):
        numbers = np.arange(low, min(total, low + step * chunk), step, dtype=np.float64)
        yield curve.times(_places(profile, numbers), latest=latest)


def _places(profile: ArrivalStages, numbers: Times) -> Times:
    """Where N(t) is when these arrivals come."""
    if not profile.offsets:
        return numbers + profile.offset
    size = len(profile.offsets)
    groups, rest = np.divmod(numbers, size)
    return groups * size + np.array(profile.offsets)[rest.astype(np.int64)]


def _random_times(
    profile: ArrivalStages, total: int, generator: np.random.Generator, first: int, step: int
) -> Iterator[Times]:
    """`total` sorted uniform points of N, every `step`-th from `first` on; each worker draws all of them."""
    if not total:
        return
    curve = _Curve(profile)
    blocks = -(-total // _BLOCK)
    left, passed, last = total, 0, 0.0
    for block in range(blocks):
        size = left if block == blocks - 1 else int(generator.binomial(left, 1.0 / (blocks - block)))
        points = np.sort(generator.random(size))
        times = curve.times((points + block) * (curve.total / blocks), latest=True)
        if size:
            # Rounding could swap neighbours that all but coincide.
            times[0] = max(times[0], last)
            np.maximum.accumulate(times, out=times)
            last = float(times[-1])
        yield times[(first - passed) % step :: step]
        left -= size
        passed += size


def _run_times(runs: tuple[ArrivalRun, ...], first: int, step: int, chunk: int) -> Iterator[Times]:
    ordered = sorted((run for run in runs if run.count > 0), key=lambda run: run.start)
    apart = all(run.start + (run.count - 1) * run.interval <= then.start for run, then in itertools.pairwise(ordered))
    if not apart:
        yield from _merged_times(ordered, first, step, chunk)
        return
    passed = 0
    for run in ordered:
        for low in range((first - passed) % step, run.count, step * chunk):
            numbers = np.arange(low, min(run.count, low + step * chunk), step, dtype=np.float64)
            yield run.start + numbers * run.interval
        passed += run.count


def _merged_times(runs: list[ArrivalRun], first: int, step: int, chunk: int) -> Iterator[Times]:
    """Runs that overlap, one by one: rare (bursts on top of a steady stream), so simple rather than fast."""

    def times_of(run: ArrivalRun) -> Iterator[float]:
        return (run.start + number * run.interval for number in range(run.count))

    merged = itertools.islice(heapq.merge(*map(times_of, runs)), first, None, step)
    while block := list(itertools.islice(merged, chunk)):
        yield np.array(block, dtype=np.float64)
