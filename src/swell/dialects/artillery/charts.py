"""Small line and bar charts as SVG text, for pages that must stand alone.

Rules: pure text, no scripts, no outside resources. Colours come from the page's style by class, so that they follow its
light or dark scheme. Every value can be read: points have a title.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

__all__ = ["bars", "lines"]

_WIDTH, _HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 12, 28
_TICKS = 4


def lines(times: Sequence[str], series: Sequence[tuple[str, Sequence[float | None]]], unit: str) -> str:
    """A chart of lines over the same times; None leaves a gap. "" where there is nothing to draw."""
    values = [value for _, row in series for value in row if value is not None and math.isfinite(value)]
    if not values or not times:
        return ""
    top = _nice(max(values))
    parts = [_grid(top, unit), _time_axis(times)]
    for number, (name, row) in enumerate(series):
        points = [
            (_x(place, len(times)), _y(value, top), value, times[place])
            for place, value in enumerate(row)
            if value is not None and math.isfinite(value)
        ]
        if len(points) > 1:
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
            parts.append(f'<polyline class="line s{number % 6}" points="{path}"/>')
        parts += [
            f'<circle class="dot s{number % 6}" cx="{x:.1f}" cy="{y:.1f}" r="2.5">'
            f"<title>{escape(name)} {escape(when)}: {_short(value)}{escape(unit)}</title></circle>"
            for x, y, value, when in points
        ]
    legend = "".join(
        f'<span class="key"><i class="swatch s{number % 6}"></i>{escape(name)}</span>'
        for number, (name, _) in enumerate(series)
    )
    return f"<figure>{_svg(parts)}<figcaption>{legend}</figcaption></figure>"


def bars(rows: Sequence[tuple[str, float]], unit: str) -> str:
    """Horizontal bars with their values. "" without rows."""
    if not rows:
        return ""
    longest = max((value for _, value in rows), default=0.0) or 1.0
    height = 22
    parts: list[str] = []
    for number, (name, value) in enumerate(rows):
        y = number * height
        width = max(1.0, (_WIDTH - 300) * value / longest)
        parts.append(f'<text class="tick" x="180" y="{y + 15}" text-anchor="end">{escape(_cut(name))}</text>')
        parts.append(f'<rect class="bar" x="190" y="{y + 4}" width="{width:.1f}" height="14" rx="2"/>')
        parts.append(f'<text class="tick" x="{196 + width:.1f}" y="{y + 15}">{_short(value)}{escape(unit)}</text>')
    return f"<figure>{_svg(parts, len(rows) * height + 6)}</figure>"


def _svg(parts: Sequence[str], height: int = _HEIGHT) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {height}" role="img">{"".join(parts)}</svg>'


def _grid(top: float, unit: str) -> str:
    parts: list[str] = []
    for tick in range(_TICKS + 1):
        value = top * tick / _TICKS
        y = _y(value, top)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        label = f"{_short(value)}{escape(unit)}"
        parts.append(f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    return "".join(parts)


def _time_axis(times: Sequence[str]) -> str:
    step = max(1, math.ceil(len(times) / 8))
    return "".join(
        f'<text class="tick" x="{min(_x(place, len(times)), _WIDTH - 30):.1f}" y="{_HEIGHT - 8}" '
        f'text-anchor="middle">{escape(times[place])}</text>'
        for place in range(0, len(times), step)
    )


def _x(place: int, count: int) -> float:
    width = _WIDTH - _LEFT - _RIGHT
    return _LEFT + (width / 2 if count == 1 else width * place / (count - 1))


def _y(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (value / top if top else 0.0)


def _nice(value: float) -> float:
    """The least of 1, 2, 2.5, 5 times a power of ten that is not below the value."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value), 10 * power)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _cut(name: str) -> str:
    return name if len(name) <= 26 else name[:25] + "\u2026"
