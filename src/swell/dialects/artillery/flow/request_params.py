"""The request of a step as hooks see and change it.

Rules: hooks get what the script says, not yet rendered, with the target before the path; each request has its own copy.
As JSON text it crosses to JavaScript, as a dictionary to Python; which of the two is made depends on who asks.
"""

from __future__ import annotations

from typing import Any

from swell.dialects.artillery.flow.values import json_text, read_json

__all__ = ["RequestParams"]


class RequestParams:
    """One request on its way through the hooks. `changed` says that a hook has changed it."""

    __slots__ = ("_sent", "_spec", "_text", "changed", "url")

    def __init__(self, text: str) -> None:
        self._text: str | None = text
        self._spec: dict[str, Any] | None = None
        self._sent: tuple[dict[str, str] | None, Any] | None = None
        self.changed = False
        self.url = ""
        """The URL that was asked for, once the request is made; "" before."""

    @property
    def text(self) -> str:
        """As JSON."""
        if self._text is None or self._sent is not None:
            self._text = json_text(self.spec)
        return self._text

    @property
    def spec(self) -> dict[str, Any]:
        """As a dictionary; tell `replace` of changes."""
        if self._spec is None:
            self._spec = read_json(self._text or "{}")
        assert self._spec is not None
        if self._sent is not None:
            (headers, body), self._sent = self._sent, None
            self._text = None
            self._spec = {**self._spec, "url": self.url}
            if headers:
                self._spec["headers"] = {**self._spec.get("headers", {}), **headers}
            if isinstance(body, bytes):
                self._spec["json"] = read_json(body.decode())
        return self._spec

    def was_sent(self, url: str, headers: dict[str, str] | None, body: Any) -> None:
        """What hooks after the response see, if they look: `body`, if given, is the JSON that was sent."""
        self.url = url
        self._sent = headers, body

    def replace(self, spec: dict[str, Any]) -> None:
        """What a hook made of it."""
        self._spec = spec
        self._text = None
        self.changed = True
