"""Student's t distribution: the share below a value, and the value below which a share lies.

Rules: pure, any real number of degrees of freedom above 0. Good to about ten digits, which is far more than block
statistics deserve. The incomplete beta function is a continued fraction (Lentz's evaluation).
"""

from __future__ import annotations

import math
from functools import lru_cache

__all__ = ["t_cdf", "t_quantile"]

_TINY = 1e-300
_STEPS = 500
_CLOSE = 1e-14


def t_cdf(value: float, freedom: float) -> float:
    """The probability of a value at or below `value`; infinite values give 0 and 1."""
    if math.isinf(value):
        return 1.0 if value > 0 else 0.0
    tail = 0.5 * _incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + value * value))
    return 1.0 - tail if value > 0 else tail


@lru_cache(maxsize=1024)
def t_quantile(share: float, freedom: float) -> float:
    """The value with this share (between 0 and 1, both excluded) of the distribution below it."""
    if not 0.0 < share < 1.0:
        raise ValueError(f"a share lies between 0 and 1, not at {share}")
    if share < 0.5:
        return -t_quantile(1.0 - share, freedom)
    scale = math.exp(math.lgamma((freedom + 1.0) / 2.0) - math.lgamma(freedom / 2.0)) / math.sqrt(freedom * math.pi)
    value = 0.0
    # Above 0 the distribution bends down, so that Newton's steps from the left never go too far.
    for _ in range(_STEPS):
        density = scale * (1.0 + value * value / freedom) ** (-(freedom + 1.0) / 2.0)
        step = (share - t_cdf(value, freedom)) / density
        value += step
        if step <= 1e-10 * (1.0 + value):
            break
    return value


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularized incomplete beta function I_x(a, b)."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    # The fraction converges quickly on this side only; the other side is its mirror image.
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _fraction(a, b, x) / a
    return 1.0 - front * _fraction(b, a, 1.0 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1.0))
    result = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        change = 1.0
        for term in (even, odd):
            d = 1.0 / _away(1.0 + term * d)
            c = _away(1.0 + term / c)
            change = d * c
            result *= change
        if abs(change - 1.0) < _CLOSE:
            break
    return result


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
