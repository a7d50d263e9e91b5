"""How many even arrivals lie below a total of their rate's integral.

Rules: pure. Without `offsets` arrival k lies at k + `offset`. With them the places repeat every len(offsets), once for
each of them: so a part of a larger schedule keeps the very times that its arrivals have in the whole.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from swell.model.segments import snap

if TYPE_CHECKING:
    from swell.model.plan import ArrivalStages

__all__ = ["places_before", "places_within"]


def places_before(profile: ArrivalStages, total: float) -> int:
    """How many arrivals lie below `total`."""
    size = len(profile.offsets) or 1
    places = profile.offsets or (profile.offset,)
    return sum(max(0, math.ceil(snap((total - place) / size))) for place in places)


def places_within(profile: ArrivalStages, total: float) -> int:
    """How many arrivals there are: below the total, or on it too where arrivals close their interval."""
    if profile.offset < 1:
        return places_before(profile, total)
    size = len(profile.offsets) or 1
    places = profile.offsets or (profile.offset,)
    return sum(max(0, math.floor(snap((total - place) / size)) + 1) for place in places)
