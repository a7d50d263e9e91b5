"""`catch_response=True`: the test decides whether a request counts as a success.

Rules: the request is recorded once, when the `with` block ends, with the times of the response: what the block does is
not counted. The last word of `success()` and `failure()` wins; without either the status decides, and an exception
that leaves the block makes the request a failure and goes on. Exceptions that steer the user's course (a stop, the end
of an iteration) say nothing about the request: they carry a true attribute `steers_user`, or are no `Exception`.
A response that was never entered is recorded as its status says when it is dropped: no request goes uncounted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swell.http.recording import Failure, judge, marked
from swell.http.response import Extra, Response
from swell.http.streams import StreamedResponse

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["CaughtResponse"]


class CaughtResponse(StreamedResponse, gc=False, eq=False):
    """A response whose record waits for the end of the `with` block. A dialect may derive its own."""

    _expected: frozenset[int] = frozenset()
    _finish: Any = None
    _verdict: Failure | None = None
    _decided: bool = False
    _entered: bool = False

    @classmethod
    def of(cls, response: Response) -> CaughtResponse:
        """The same response, as one that waits."""
        caught = cls(*[getattr(response, field) for field in _FIELDS])
        if isinstance(response, StreamedResponse):
            response.move_to(caught)
        return caught

    def expect(self, expected: frozenset[int], finish: Callable[[Response, Failure | None], None]) -> None:
        """Take over the decision: `finish` records."""
        self._expected = expected
        self._finish = finish

    def success(self) -> None:
        """This request is a success, whatever its status."""
        self._decided = True
        self._verdict = None
        if self.extra is not None and self.status_code:
            self.extra.error = None

    def failure(self, reason: str | BaseException) -> None:
        """This request is a failure for this reason."""
        self._decided = True
        self._verdict = marked(reason)
        extra = self.extra
        if extra is None:
            extra = self.extra = Extra()
        extra.error = reason if isinstance(reason, BaseException) else CaughtFailure(reason)

    def __enter__(self) -> CaughtResponse:
        self._entered = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        del kind, trace
        if isinstance(error, Exception) and not self._decided and not getattr(error, "steers_user", False):
            self._decided = True
            self._verdict = marked(error)
        self.settle()
        return None

    def settle(self) -> None:
        """Record now, if that was not done yet."""
        self.close()
        finish, self._finish = self._finish, None
        if finish is not None:
            finish(self, self._verdict if self._decided else judge(self, self._expected))

    def __del__(self) -> None:
        if self._finish is not None and not self._entered:
            self.settle()
        else:
            self.close()


_FIELDS = Response.__struct_fields__


class CaughtFailure(Exception):
    """What `failure("text")` leaves as `Response.error`."""
