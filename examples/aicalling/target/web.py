"""What this service's endpoints share beside `swell.demo.web`: the API key, and the parts that they use."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette.requests import Request

    from .calls_queue import CallQueue
    from .importer import Importer
    from .lines import Lines
    from .settings import Settings
    from .store import Store

__all__ = ["Parts", "parts_of", "require_key"]


@dataclass(frozen=True)
class Parts:
    """What a started service consists of."""

    settings: Settings
    store: Store
    queue: CallQueue
    lines: Lines
    importer: Importer


def parts_of(request: Request) -> Parts:
    return request.app.state.parts


def require_key(request: Request) -> Parts:
    """The parts, for callers who bring the API key."""
    parts = parts_of(request)
    given = request.headers.get("x-api-key", "")
    if not hmac.compare_digest(given.encode(), parts.settings.api_key.encode()):
        raise HTTPException(401, "the header X-API-Key must have the API key")
    return parts
