"""What this service's endpoints share beside `swell.demo.web`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

    from .settings import Settings

__all__ = ["PAGE_SIZE", "settings_of"]

PAGE_SIZE = 20


def settings_of(request: Request) -> Settings:
    return request.app.state.settings
