"""The gate around the API: who is asking, and whether they ask too often (429 with Retry-After)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swell.demo.web import reply

from .auth import user_of

if TYPE_CHECKING:
    from starlette.datastructures import State
    from starlette.types import ASGIApp, Receive, Scope, Send

    from .settings import Settings

__all__ = ["Gate"]


class Gate:
    """ASGI wrapper. `state` gets its `cache` when the service starts; health probes are never limited."""

    def __init__(self, app: ASGIApp, settings: Settings, state: State) -> None:
        self._app = app
        self._settings = settings
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/v1/"):
            user = scope["muejam.user"] = user_of(scope, self._settings.secret)
            if self._settings.fault == "rate-limit":
                key, limit = "everybody", self._settings.visitor_limit
            elif user is not None:
                key, limit = f"user:{user.id}", self._settings.user_limit
            else:
                key, limit = f"address:{scope['client'][0]}", self._settings.visitor_limit
            if await self._state.cache.count(key) > limit:
                response = reply({"error": f"more than {limit} requests in a second"}, 429)
                response.headers["Retry-After"] = "1"  # limits count by the second
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)
