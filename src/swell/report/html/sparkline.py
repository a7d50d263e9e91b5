"""Small lines as inline SVG, for table cells.

Rules: pure; the scale begins at 0, so that lines of one row may be compared by height. NaN is a gap. The text is
for those who cannot see the line. The stroke's colour comes from the page's style.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["sparkline"]

_HEIGHT, _PAD = 24.0, 2.0


def sparkline(values: Sequence[float], text: str, *, width: float = 100.0, css: str = "") -> Markup:
    """A line of the values; nothing if there are none."""
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return Markup("")
    top = max(*known, 0.0) or 1.0
    step = (width - 2 * _PAD) / max(len(values) - 1, 1)
    pieces: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if not math.isfinite(value):
            pieces.append([])
            continue
        at = _HEIGHT - _PAD - max(value, 0.0) / top * (_HEIGHT - 2 * _PAD)
        pieces[-1].append(f"{_short(_PAD + place * step)} {_short(at)}")
    # A lone point needs some length to be seen.
    paths = ["M" + "L".join(piece if len(piece) > 1 else [*piece, *piece]) for piece in pieces if piece]
    return Markup(
        '<svg class="spark {}" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">'
        '<path d="{}"/></svg>'
    ).format(css, _short(width), _short(_HEIGHT), _short(width), _short(_HEIGHT), escape(text), "".join(paths))


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
