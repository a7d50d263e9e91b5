"""A response as captures, checks and hooks look at it: status, headers, text, JSON, each worked out once.

Rules: nothing is read before somebody asks. A body that is no JSON is told by `NO_JSON`, not by an exception.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from swell.dialects.javascript.values import Marker

if TYPE_CHECKING:
    from swell.http.response import Response

__all__ = ["NO_JSON", "Answer", "Message"]

NO_JSON: Final = Marker("NO_JSON")
_UNREAD: Final = Marker("UNREAD")


class Message:
    """Text that came from a server without head or status: a message of a WebSocket, a body alone."""

    __slots__ = ("_data", "_text")

    def __init__(self, text: str) -> None:
        self._text: str | None = text
        self._data: Any = _UNREAD

    status = 0

    @property
    def text(self) -> str:
        """The whole text."""
        return self._text or ""

    @property
    def data(self) -> Any:
        """The text read as JSON; NO_JSON if it is none."""
        if self._data is _UNREAD:
            self._data = _parsed(self.text)
        return self._data

    def header(self, name: str) -> str | list[str] | None:
        """A header field; in any case of letters."""
        del name
        return None


class Answer(Message):
    """An HTTP response."""

    __slots__ = ("response",)

    def __init__(self, response: Response) -> None:
        self.response = response
        self._text = None
        self._data = _UNREAD

    @property
    def status(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The status code."""
        return self.response.status_code

    @property
    def text(self) -> str:
        """The body as text, by its character set."""
        if self._text is None:
            self._text = self.response.text
        return self._text

    @property
    def data(self) -> Any:
        """The body as JSON; NO_JSON if it is none."""
        if self._data is _UNREAD:
            try:
                self._data = self.response.json()
            except ValueError:
                self._data = NO_JSON
        return self._data

    def header(self, name: str) -> str | list[str] | None:
        """A header field; of Set-Cookie the list of all."""
        headers = self.response.headers
        if name.lower() == "set-cookie":
            return headers.get_all("set-cookie") or None
        return headers.get(name)

    def all_headers(self) -> dict[str, str | list[str]]:
        """All fields by their names in small letters, as Node has them."""
        headers = self.response.headers
        found: dict[str, str | list[str]] = {name.lower(): value for name, value in headers.items()}
        if "set-cookie" in found:
            found["set-cookie"] = headers.get_all("set-cookie")
        return found


def _parsed(text: str) -> Any:
    import msgspec  # noqa: PLC0415 - as in `Response.json`

    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return NO_JSON
