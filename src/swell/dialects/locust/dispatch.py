"""The module `locust.dispatch`: how users are dealt out is the engine's (`model.mix`)."""

from __future__ import annotations

__all__ = ["UsersDispatcher"]


class UsersDispatcher:
    """The name of Locust's dispatcher; classes derived from it are accepted and not asked."""
