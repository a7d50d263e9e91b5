"""The loader of k6 scripts in worker processes (`Source.loader`).

Rules: the test travels as `settings.K6Test`, the environment beside it. The init code has been run once before, where
the options were read; here every VU runs it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from swell.dialects.k6.instance import K6Instance
from swell.dialects.k6.program import K6Program
from swell.dialects.k6.settings import K6Test

if TYPE_CHECKING:
    from swell.model.plan import Source

__all__ = ["load"]


def load(source: Source) -> K6Program:
    """The program of a k6 test. Raises JsProgramError."""
    return K6Program(K6Instance(K6Test.unpack(source.options), source.env))
