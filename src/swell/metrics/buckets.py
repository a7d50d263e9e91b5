"""Buckets: which histogram bucket a number falls into, and which number stands for a bucket.

Rules: a bucket is the sign, the exponent and the top 7 mantissa bits of a float64, so buckets are
log-linear (128 to each power of two), need no range declared beforehand, and are in the order of the
numbers. The midpoint is off by at most 1/256 (0.4 %) of any number in its bucket. Negative numbers mirror
positive ones. Zero and what is smaller than the smallest normal float64 (2.2e-308) share bucket 0. Finite
numbers only: callers reject others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["BUCKET_LIMIT", "Buckets", "Counts", "Floats", "bucket_of", "bucket_of_positive", "value_of"]

Floats = NDArray[np.float64]
Buckets = NDArray[np.int32]
Counts = NDArray[np.int64]

# 52 mantissa bits, of which 7 stay.
_SHIFT = 45
_MAGNITUDE = np.int64(0x7FFF_FFFF_FFFF_FFFF)
_HALF = np.int64(1 << (_SHIFT - 1))
# The bucket of the smallest normal number: below it the exponent bits are 0.
_FIRST_NORMAL = 1 << 7

BUCKET_LIMIT = 1 << 18
"""Every bucket number is within -BUCKET_LIMIT < bucket < BUCKET_LIMIT."""


def bucket_of(values: Floats) -> Buckets:
    """The bucket of each number."""
    bits = np.ascontiguousarray(values, dtype=np.float64).view(np.int64)
    buckets = ((bits & _MAGNITUDE) >> _SHIFT).astype(np.int32)
    buckets[buckets < _FIRST_NORMAL] = 0
    negative = bits < 0
    if negative.any():
        np.negative(buckets, out=buckets, where=negative)
    return buckets


def bucket_of_positive(values: Floats) -> Counts:
    """The bucket of each number when none is below 2.2e-308; a third of the time of `bucket_of`."""
    return np.ascontiguousarray(values, dtype=np.float64).view(np.int64) >> _SHIFT


def value_of(buckets: Buckets) -> Floats:
    """The midpoint of each bucket; 0.0 for bucket 0."""
    magnitude = np.abs(buckets.astype(np.int64))
    middle = ((magnitude << _SHIFT) | _HALF).view(np.float64)
    return np.where(buckets == 0, 0.0, np.copysign(middle, buckets))
