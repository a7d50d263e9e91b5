"""Numbers as text: times, shares, rates, in three significant digits and one unit each.

Rules: pure. Three digits are what a load test can honestly claim; counts are exact. Times come in
milliseconds, as the metrics are. A value that is not a number shows as "-".
"""

from __future__ import annotations

import math

from swell.model.units import format_count, format_rate, format_size, plural

__all__ = ["WEAK_MARK", "amount", "milliseconds", "plural", "share", "signed_share"]

WEAK_MARK = "~"
"""Before a percentile that the number of samples does not support."""


def milliseconds(value: float) -> str:
    """A time given in milliseconds: "0 ms", "45 us", "12.3 ms", "1.25 s", "2m05s"."""
    if not math.isfinite(value):
        return "-"
    size = abs(value)
    if size == 0:
        return "0 ms"
    if size < 0.9995:
        return f"{_three(value * 1000)} us"
    if size < 999.5:
        return f"{_three(value)} ms"
    if size < 59_950:
        return f"{_three(value / 1000)} s"
    minutes, seconds = divmod(round(size / 1000), 60)
    return f"{'-' if value < 0 else ''}{minutes}m{seconds:02d}s"


def share(value: float) -> str:
    """A share 0..1 as per cent: "0 %", "0.08 %", "12.5 %", "100 %"; never rounded to a bound it does not reach."""
    if not math.isfinite(value):
        return "-"
    percent = value * 100
    if 0 < percent < 0.01:
        return "<0.01 %"
    if 99.95 <= percent < 100:
        return ">99.9 %"
    if percent and abs(percent) < 0.1:
        return f"{percent:.2f} %"
    return f"{percent:.0f} %" if percent in {0, 100} else f"{_three(percent)} %"


def signed_share(value: float) -> str:
    """A margin: "+38 %", "-4.2 %"; "0 %" is on the limit, whichever side that is."""
    sign = "+" if value > 0 else "-" if value < 0 else ""
    text = share(abs(value))
    # Unlike a share, what is more than before knows no bound of 100 %.
    return "+100 %" if sign == "+" and text.startswith(">") else sign + text


def amount(value: float, unit: str, *, per_second: bool = False) -> str:
    """A value of a metric in its unit ("ms", "bytes" or ""); `per_second` for the rate of a counter."""
    if not math.isfinite(value):
        return "-"
    if unit == "ms":
        return milliseconds(value)
    if unit == "bytes":
        return format_size(value) + ("/s" if per_second else "")
    if per_second:
        return format_rate(value)
    return format_count(value) if value == int(value) or abs(value) >= 1000 else _three(value)


def _three(value: float) -> str:
    """Three significant digits without an exponent; whole digits are never cut."""
    size = abs(value)
    decimals = 2 if size < 9.995 else 1 if size < 99.95 else 0
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if size < 0.995 and "." in text else text
