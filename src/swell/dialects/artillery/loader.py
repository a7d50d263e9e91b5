"""The loader of Artillery's scripts in worker processes (`Source.loader`).

Rules: the test travels merged and filled in as `settings.ArtilleryTest`; payload files and the processor are read here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from swell.dialects.artillery.program import ArtilleryProgram
from swell.dialects.artillery.settings import ArtilleryTest

if TYPE_CHECKING:
    from swell.model.plan import Source

__all__ = ["load"]


def load(source: Source) -> ArtilleryProgram:
    """The program of a test. Raises ScriptError."""
    # Scripts and processors see what --dotenv named as if the process had been started with it.
    os.environ.update(source.env)
    return ArtilleryProgram(ArtilleryTest.unpack(source.options))
