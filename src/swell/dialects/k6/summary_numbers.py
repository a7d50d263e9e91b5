"""Numbers as k6 writes them in its summary: times, sizes, shares and plain values.

Rules: pure. Digits are cut off, not rounded, where k6 cuts them off; a number is never shown with more digits than k6
gives it. Times come in milliseconds. Whatever is no number shows as it is.
"""

from __future__ import annotations

import math

__all__ = ["figure", "percent", "plain", "size", "time"]

_FIXED = {"s": (0.001, "s"), "ms": (1.0, "ms"), "us": (1000.0, "µs")}
_SIZES = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
# Beyond it a number is shown as it is: no measurement is that large.
_LARGEST = 1e18
_MINUTE, _HOUR = 60_000.0, 3_600_000.0


def plain(value: float) -> str:
    """Up to six decimals, no zeros at the end: "45", "13.122179"."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def time(milliseconds: float, unit: str = "") -> str:
    """A time: "0s", "354.27µs", "12.9ms", "2.06s", "1m3s", "1h2m3s"; in a fixed `unit` (s, ms, us) two decimals."""
    if not abs(milliseconds) < _LARGEST:
        return plain(milliseconds)
    if unit in _FIXED:
        factor, symbol = _FIXED[unit]
        return f"{milliseconds * factor:.2f}{symbol}"
    if milliseconds == 0:
        return "0s"
    if milliseconds < 0.001:
        return f"{math.trunc(milliseconds * 1e6)}ns"
    if milliseconds < 1:
        return f"{_cut(milliseconds * 1000)}µs"
    if milliseconds < 1000:
        return f"{_cut(milliseconds)}ms"
    if milliseconds < _MINUTE:
        return f"{_cut(milliseconds / 1000)}s"
    hours, rest = divmod(milliseconds, _HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    text = f"{int(minutes)}m{int(rest / 1000)}s"
    return f"{int(hours)}h{text}" if hours else text


def size(amount: float) -> str:
    """Bytes in decimal units, one decimal below ten: "512 B", "4.9 kB", "31 kB"."""
    if not abs(amount) < _LARGEST:
        return plain(amount)
    if abs(amount) < 10:
        return f"{round(amount)} B"
    power = min(int(math.log10(abs(amount)) / 3), len(_SIZES) - 1)
    shown = math.floor(amount / 1000**power * 10 + 0.5) / 10
    if abs(shown) >= 1000 and power + 1 < len(_SIZES):
        shown, power = shown / 1000, power + 1
    return f"{shown:.1f} {_SIZES[power]}" if abs(shown) < 10 else f"{math.floor(shown + 0.5)} {_SIZES[power]}"


def percent(share: float) -> str:
    """A share 0..1 as "99.05%", cut after two decimals."""
    if not abs(share) < _LARGEST:
        return plain(share)
    # A share such as 0.29 is 28.999... per cent in floating point, and must stay 29.
    return f"{math.trunc(share * 10_000 * (1 + 1e-12)) / 100:.2f}%"


def figure(value: float, contains: str, unit: str = "") -> str:
    """A value of a metric that contains "time", "data" or "default"; `unit` for times as in `time`."""
    if contains == "time":
        return time(value, unit)
    return size(value) if contains == "data" else plain(value)


def _cut(value: float) -> str:
    """Two decimals at most, the rest cut off."""
    return f"{math.trunc(value * 100 * (1 + 1e-12)) / 100:.2f}".rstrip("0").rstrip(".")
