"""What users pass as `auth=`: everything `auth.make_auth` takes, and functions that change the headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from swell.http.auth import Auth, make_auth

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TokenAuth", "auth_from"]


class TokenAuth:
    """A function that gives the value of the Authorization field for a method and a target, or None."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[str, str], str | None]) -> None:
        self._make = make

    def header(self, method: str, target: str) -> str | None:
        """As `Auth.header`."""
        return self._make(method, target)

    def challenged(self, challenges: Sequence[str]) -> bool:
        """As `Auth.challenged`: the function is not asked again."""
        del challenges
        return False


def auth_from(value: object) -> Auth | None:
    """The authorization meant by `value`. Raises TypeError."""
    if callable(value) and not hasattr(value, "header") and not hasattr(value, "username"):
        return TokenAuth(cast("Callable[[str, str], Any]", value))
    return make_auth(value)
