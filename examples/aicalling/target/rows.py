"""The rows that fill an empty database: a month of finished calls."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from .clock import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .settings import Settings

__all__ = ["seeded_calls"]

_DAYS = 30


def seeded_calls(settings: Settings, moment: int) -> Iterator[tuple[str, int, str, int, int, int, int]]:
    """Phone, agent, status, attempts, created, began, ended of each: the same but for the dates, which end now."""
    draw = random.Random(1)
    step = _DAYS * DAY // settings.calls
    for number in range(settings.calls):
        created = moment - (settings.calls - number) * step
        began = created + draw.randrange(100, 5_000)
        ended = began + draw.randrange(10_000, 300_000)
        status = "failed" if draw.random() < 0.1 else "completed"
        yield f"+1555{number:07}", draw.randint(1, settings.agents), status, draw.randint(1, 3), created, began, ended
