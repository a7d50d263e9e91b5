"""Change points: where a series of runs began to be another.

Rules: pure and seeded. The method is that of E-divisive: the split that separates two parts best, by the energy
distance between them, is a change if hardly any random order of the same values has a split so good; then the parts are
searched in turn. It asks nothing of the distribution. Changes smaller than a margin are left out. Fewer than about ten
values cannot show anything, and do not.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from swell.metrics.buckets import Floats

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ChangePoint", "change_points"]

_LEAST = 4  # values on each side
_PERMUTATIONS = 499


class ChangePoint(NamedTuple):
    """`place`: the first value of the new level. `before` and `after` are medians of the parts on both sides."""

    place: int
    before: float
    after: float
    p: float


def change_points(
    values: Sequence[float], *, margin: float = 0.05, logs: bool = True, significance: float = 0.01, seed: int = 1
) -> list[ChangePoint]:
    """The changes in a series, in order of time.

    With `logs` the values (above 0) are compared by their quotients and `margin` is relative, otherwise both by
    differences.
    """
    data = np.asarray(values, np.float64)
    if logs and not (data > 0).all():
        raise ValueError("logarithms need values above 0")
    scaled = np.log(data) if logs else data
    limit = math.log1p(margin) if logs else margin
    generator = np.random.default_rng(seed)
    found: dict[int, float] = {}
    parts = [(0, len(scaled))]
    while parts:
        start, end = parts.pop()
        split = _best_split(scaled[start:end], generator, significance)
        if split is not None:
            place, found[start + split[0]] = start + split[0], split[1]
            parts += [(start, place), (place, end)]
    places = _material(scaled, sorted(found), limit)
    edges = [0, *places, len(data)]
    return [
        ChangePoint(
            place,
            float(np.median(data[edges[number] : place])),
            float(np.median(data[place : edges[number + 2]])),
            found[place],
        )
        for number, place in enumerate(places)
    ]


def _best_split(values: Floats, generator: np.random.Generator, significance: float) -> tuple[int, float] | None:
    """(place, p-value) of the split that separates best; None if chance does as well."""
    if len(values) < 2 * _LEAST:
        return None
    distances = np.abs(values[:, None] - values[None, :])
    separation = _separation(distances)
    best, most = int(np.argmax(separation)), float(separation.max())
    if most <= 1e-12:
        return None
    as_good, allowed = 0, significance * (_PERMUTATIONS + 1) - 1
    for _ in range(_PERMUTATIONS):
        order = generator.permutation(len(values))
        as_good += bool(_separation(distances[np.ix_(order, order)]).max() >= most * (1 - 1e-12))
        if as_good > allowed:
            return None
    return best + _LEAST, (as_good + 1) / (_PERMUTATIONS + 1)


def _separation(distances: Floats) -> Floats:
    """By split that leaves both parts large enough: the energy distance of the parts, weighted by their sizes.

    The second part may end early, so that a change and a change back do not hide each other: the best end counts.
    """
    count = len(distances)
    corner = np.zeros((count + 1, count + 1))
    corner[1:, 1:] = distances.cumsum(axis=0).cumsum(axis=1)
    diagonal = np.diagonal(corner)
    splits = np.arange(_LEAST, count - _LEAST + 1)
    ends = np.arange(2 * _LEAST, count + 1)
    first = diagonal[splits][:, None] / 2.0
    crossed = corner[np.ix_(splits, ends)]
    second = (diagonal[ends][None, :] - 2.0 * crossed + diagonal[splits][:, None]) / 2.0
    between = crossed - diagonal[splits][:, None]
    n = splits[:, None].astype(np.float64)
    m = (ends[None, :] - splits[:, None]).astype(np.float64)
    fits = m >= _LEAST
    m = np.where(fits, m, float(_LEAST))
    energy = 2.0 * between / (n * m) - 2.0 * first / (n * (n - 1)) - 2.0 * second / (m * (m - 1))
    weighted: Floats = np.where(fits, n * m / (n + m) * energy, -np.inf)
    return weighted.max(axis=1)


def _material(values: Floats, places: list[int], limit: float) -> list[int]:
    """The places without those at which the level changes too little, the smallest taken away first."""
    while places:
        edges = [0, *places, len(values)]
        steps = [
            abs(float(np.median(values[place : edges[number + 2]]) - np.median(values[edges[number] : place])))
            for number, place in enumerate(places)
        ]
        smallest = min(range(len(steps)), key=steps.__getitem__)
        if steps[smallest] > limit:
            break
        places = places[:smallest] + places[smallest + 1 :]
    return places
