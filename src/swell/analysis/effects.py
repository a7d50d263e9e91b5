"""Effects: by how much two series of blocks differ, how sure that is, and how sure it is beyond a margin.

Rules: pure and seeded; the same blocks give the same answer. Values of blocks are compared as logarithms, by the
estimator of Hodges and Lehmann; how far it may be off comes from a circular block bootstrap, whose blocks are as long
as the series remembers. Shares (of failures) are compared by their difference, with Newcombe's interval on the number
of independent samples that the blocks bear out. Intervals and p-values use Student's t, because blocks are few.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from swell.analysis.student import t_cdf, t_quantile
from swell.metrics.buckets import Floats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Effect", "LogEffect", "ShareEffect", "block_length", "compare_logs", "compare_shares", "holm"]

RESAMPLES = 1000
# What the two halves of a bucket of `metrics.buckets` do to the log of a quotient of two percentiles.
_BUCKET_ERROR = 0.003


@dataclass(frozen=True, slots=True)
class LogEffect:
    """The log of new over base: `value`, its standard error and its degrees of freedom."""

    value: float
    error: float
    freedom: float

    def interval(self, level: float) -> tuple[float, float]:
        """Where the log lies with this confidence (0.95, say)."""
        reach = t_quantile(0.5 + level / 2.0, self.freedom) * self.error
        return self.value - reach, self.value + reach

    def p_above(self, limit: float) -> float:
        """How probable so high a value is if the true one is not above the limit."""
        if self.error == 0.0:
            return 0.0 if self.value > limit else 1.0
        return t_cdf((limit - self.value) / self.error, self.freedom)

    def p_below(self, limit: float) -> float:
        """How probable so low a value is if the true one is not below the limit."""
        return LogEffect(-self.value, self.error, self.freedom).p_above(-limit)


@dataclass(frozen=True, slots=True)
class ShareEffect:
    """The difference of two shares 0..1. `base_size` and `new_size` are numbers of independent samples."""

    base: float
    new: float
    base_size: float
    new_size: float
    freedom: float

    @property
    def value(self) -> float:
        """New less base."""
        return self.new - self.base

    def interval(self, level: float) -> tuple[float, float]:
        """Where the difference lies with this confidence."""
        return self._reach(t_quantile(0.5 + level / 2.0, self.freedom))

    def p_above(self, limit: float) -> float:
        """How probable so high a difference is if the true one is not above the limit."""
        return self._p(lambda z: self._reach(z)[0] > limit)

    def p_below(self, limit: float) -> float:
        """How probable so low a difference is if the true one is not below the limit."""
        return self._p(lambda z: self._reach(z)[1] < limit)

    def _reach(self, z: float) -> tuple[float, float]:
        low_base, high_base = _wilson(self.base, self.base_size, z)
        low_new, high_new = _wilson(self.new, self.new_size, z)
        down = math.hypot(self.new - low_new, high_base - self.base)
        up = math.hypot(high_new - self.new, self.base - low_base)
        return self.value - down, self.value + up

    def _p(self, beyond: Callable[[float], bool]) -> float:
        """The confidence at which the interval just reaches the limit, as a one-sided p-value."""
        if not beyond(0.0):
            return 1.0
        low, high = 0.0, 64.0
        if beyond(high):
            return 0.0
        while high - low > 1e-6:
            middle = (low + high) / 2.0
            low, high = (middle, high) if beyond(middle) else (low, middle)
        return t_cdf(-low, self.freedom)


Effect = LogEffect | ShareEffect


def compare_logs(
    base: Floats, new: Floats, *, paired: bool, seed: int, bucketed: bool = False, resamples: int = RESAMPLES
) -> LogEffect:
    """New against base, both positive values of blocks in the order of time, at least three of each.

    `paired`: block i of one was under the same load as block i of the other. `bucketed`: the values are percentiles of
    histograms, which are no finer than a bucket.
    """
    generator = np.random.default_rng(seed)
    first, second = np.log(base), np.log(new)
    series = [second - first] if paired else [first, second]
    estimate = _centre if paired else _shift
    memory = _memory(series)

    def error_with(length: int) -> float:
        drawn = [each[_draw(generator, len(each), length, resamples)] for each in series]
        return float(estimate(*drawn).std()) * _widened(min(len(each) for each in series), length)

    # Runs of neighbours carry the memory of a long series, a model of it that of a short one: the larger error counts.
    independent = error_with(1)
    error = independent * math.sqrt((1.0 + memory) / (1.0 - memory))
    length = block_length(series)
    if length > 1:
        error = max(error, error_with(length))
    value = float(estimate(*(each[None, :] for each in series))[0])
    freedom = sum(len(each) * (1.0 - memory) / (1.0 + memory) - 1.0 for each in series)
    if bucketed:
        error = math.hypot(error, _BUCKET_ERROR)
    return LogEffect(value, error, max(3.0, freedom))


def compare_shares(base: tuple[Floats, Floats], new: tuple[Floats, Floats]) -> ShareEffect:
    """New against base, each (how many of the samples counted, how many samples) by block."""
    spread = max(_overdispersion(*base), _overdispersion(*new))
    shares = [float(hits.sum() / sizes.sum()) for hits, sizes in (base, new)]
    independent = [max(float(sizes.sum()) / spread, 1.0) for _, sizes in (base, new)]
    freedom = max(2.0, float(len(base[0]) + len(new[0]) - 2))
    return ShareEffect(shares[0], shares[1], independent[0], independent[1], freedom)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for being several, in the given order (Holm's step-down)."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, highest = [1.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = highest
    return adjusted


def block_length(series: Sequence[Floats]) -> int:
    """How many neighbours to draw at once, so that a resample remembers as the series does.

    From the correlation of neighbours, by the rule that is best for an autoregressive series of order one.
    """
    count, memory = min(len(each) for each in series), _memory(series)
    best = (1.5 * (2.0 * memory / (1.0 - memory**2)) ** 2 * count) ** (1.0 / 3.0)
    return max(1, min(round(best), count // 3))


def _memory(series: Sequence[Floats]) -> float:
    """The correlation of neighbours over all series; at least 0."""
    weight = sum(len(each) for each in series)
    return max(0.0, sum(_neighbours(each) * len(each) for each in series) / weight)


def _neighbours(values: Floats) -> float:
    """The correlation of neighbours, corrected for what few values hide; 0 for a constant series."""
    rest = values - values.mean()
    power = float((rest**2).sum())
    if power <= 1e-24 or len(values) < 4:
        return 0.0
    seen = float((rest[1:] * rest[:-1]).sum()) / power
    return min(seen + (1.0 + 3.0 * seen) / len(values), 0.9)


def _draw(generator: np.random.Generator, count: int, length: int, resamples: int) -> np.ndarray:
    """Indices of resamples made of runs of `length` neighbours, the end joined to the beginning."""
    pieces = -(-count // length)
    starts = generator.integers(0, count, size=(resamples, pieces, 1))
    return ((starts + np.arange(length)) % count).reshape(resamples, -1)[:, :count]


def _widened(count: int, length: int) -> float:
    """What the spread of resamples lacks, because they vary about the mean of few."""
    return math.sqrt(1.0 / (1.0 - length / count))


def _centre(rows: Floats) -> Floats:
    """By row, the median of the means of all pairs (each with itself too)."""
    one, other = np.triu_indices(rows.shape[1])
    return np.median((rows[:, one] + rows[:, other]) / 2.0, axis=1, overwrite_input=True)


def _shift(first: Floats, second: Floats) -> Floats:
    """By row, the median of all differences of a value of the second and one of the first."""
    differences = (second[:, :, None] - first[:, None, :]).reshape(len(first), -1)
    return np.median(differences, axis=1, overwrite_input=True)


def _wilson(share: float, size: float, z: float) -> tuple[float, float]:
    """Wilson's interval of a share."""
    square = z * z
    middle = (share + square / (2.0 * size)) / (1.0 + square / size)
    reach = z / (1.0 + square / size) * math.sqrt(share * (1.0 - share) / size + square / (4.0 * size * size))
    return min(max(0.0, middle - reach), share), max(min(1.0, middle + reach), share)


def _overdispersion(hits: Floats, sizes: Floats) -> float:
    """How many times as much the blocks vary as independent samples would; at least 1."""
    share = float(hits.sum() / sizes.sum())
    expected = float(sizes.sum()) * share * (1.0 - share)
    count = len(hits)
    if expected <= 0.0 or count < 3:
        return 1.0
    rest = hits - share * sizes
    length = block_length([rest])
    windows = rest[(np.arange(count)[:, None] + np.arange(length)) % count].sum(axis=1)
    seen = float((windows**2).sum()) / length / (1.0 - length / count)
    return max(1.0, seen / expected)
