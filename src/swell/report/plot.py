"""A small plot in text: one line over time, in block characters.

Rules: pure. Each column shows the largest value in its part of time, so that a short peak is never lost. The axis is
labelled with the largest value and the ends of time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["text_plot"]

_PROBES = 8  # looks per column


def text_plot(
    value_at: Callable[[float], float],
    length: float,
    *,
    top_label: Callable[[float], str],
    time_label: Callable[[float], str],
    bars: str,
    width: int = 60,
    height: int = 4,
) -> list[str]:
    """Lines of a plot of `value_at` over [0, length). `bars` are the characters from empty to full."""
    columns = _columns(value_at, length, width)
    top = max(columns, default=0.0)
    label = top_label(top)
    margin = len(label)
    lines = [
        f"{label if row == height - 1 else '0' if row == 0 else '':>{margin}} |{_row(columns, top, row, height, bars)}"
        for row in reversed(range(height))
    ]
    end = time_label(length)
    axis = f"{'':>{margin}} 0{end:>{width}}"
    return [line.rstrip() for line in lines] + [axis]


def _columns(value_at: Callable[[float], float], length: float, width: int) -> list[float]:
    step = length / width
    return [
        max(value_at(column * step + probe * step / _PROBES) for probe in range(_PROBES)) for column in range(width)
    ]


def _row(columns: Sequence[float], top: float, row: int, height: int, bars: str) -> str:
    full = len(bars) - 1
    signs: list[str] = []
    for value in columns:
        eighths = round(value / top * height * full) if top > 0 else 0
        if value > 0:
            eighths = max(eighths, 1)
        signs.append(bars[min(max(eighths - row * full, 0), full)])
    return "".join(signs)
