"""The points of a run's charts: every second of the newest, and of a long run fewer, never more than fit a page.

Rules: pure. When there are more than `MOST`, two neighbours become one: rates are averaged, users and percentiles are
the higher of the two, so that a peak is never smoothed away. Points are added in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from swell.web.frame import Point

__all__ = ["MOST", "History", "merged"]

MOST = 3600


class History:
    """The points so far; each but the newest stands for `width` seconds."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._open: list[Point] = []
        self.width = 1
        self.points: list[Point] = []

    @property
    def next_second(self) -> int:
        """The first second that is not in here."""
        newest = self._open or self.points
        if not newest:
            return 0
        return newest[-1][0] + (1 if self._open else self.width)

    def add(self, points: Iterable[Point]) -> list[Point]:
        """Add seconds; returns the points that are complete now and were not before."""
        before = self.width
        fresh: list[Point] = []
        for point in points:
            self._open.append(point)
            if len(self._open) == self.width:
                made = merged(self._open)
                self._open = []
                self.points.append(made)
                fresh.append(made)
                if len(self.points) > self._most:
                    self._thin()
        return fresh if self.width == before else list(self.points)

    def _thin(self) -> None:
        pairs = len(self.points) // 2 * 2
        self._open = self.points[pairs:]
        self.points = [merged(self.points[at : at + 2]) for at in range(0, pairs, 2)]
        if self._open and self.width > 1:
            # The one left over stands for `width` seconds and cannot be taken apart: it waits as so many.
            self._open = [(self._open[0][0] + step, *self._open[0][1:]) for step in range(self.width)]
        self.width *= 2


def merged(points: list[Point]) -> Point:
    """Neighbours as one point, which has the second of the first."""
    count = len(points)
    return (
        points[0][0],
        max(point[1] for point in points),
        round(sum(point[2] for point in points) / count, 3),
        round(sum(point[3] for point in points) / count, 3),
        _highest([point[4] for point in points]),
        _highest([point[5] for point in points]),
        _highest([point[6] for point in points]),
    )


def _highest(values: list[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
