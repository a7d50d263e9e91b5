"""`catch_response`: what a `with` block decides about its request, the same for both HTTP clients.

Rules: the last word of `success()` and `failure()` wins. Without either the status decides when the block ends well; a
ResponseError makes the request a failure and is swallowed; any other exception goes on and the request is not recorded
at all, as in Locust. A response that is never entered is never recorded either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swell.dialects.locust.exception import CatchResponseError, LocustError, ResponseError

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["CaughtMixin", "PlainMixin"]

_NOT_ENTERED = (
    "Tried to set status on a request that has not yet been made. Make sure you use a with-block, like this:\n\n"
    "with self.client.request(..., catch_response=True) as response:\n    response.{}"
)
_NOT_CAUGHT = (
    "If you want to change the state of the request using .success() or .failure(), you must pass "
    "catch_response=True. See http://docs.locust.io/en/stable/writing-a-locustfile.html#validating-responses"
)


class PlainMixin:
    """A response whose request is recorded already."""

    __slots__ = ()

    def success(self) -> None:
        """Not without `catch_response`."""
        raise LocustError(_NOT_CAUGHT)

    def failure(self, *_: Any, **__: Any) -> None:
        """Not without `catch_response`."""
        raise LocustError(_NOT_CAUGHT)

    def __enter__(self) -> Any:
        raise LocustError("In order to use a with-block for requests, you must also pass catch_response=True")

    def __exit__(self, *_: object) -> None:
        """Never reached."""


class CaughtMixin:
    """A response whose request is recorded when its block ends."""

    __slots__ = ()

    wire: Any
    meta: dict[str, Any] | None
    manual: Any
    entered: bool

    @property
    def request_meta(self) -> dict[str, Any]:
        """What will be told and recorded; may be edited until the block ends."""
        meta = self.meta
        if meta is None:
            meta = self.meta = self.wire.meta_of(self, None)
        return meta

    @property
    def _manual_result(self) -> Any:
        return self.manual

    @property
    def _entered(self) -> bool:
        return self.entered

    def __enter__(self) -> Any:
        self.entered = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        del trace
        manual = self.manual
        if manual is not None:
            self.wire.settle(self, None if manual is True else manual)
            return kind is None
        if kind is None:
            self.wire.settle(self, self.wire.flavour.error_of(self.wire, self))
            return True
        if isinstance(error, ResponseError):
            self.wire.settle(self, error)
            return True
        return False

    def success(self) -> None:
        """This request is a success, whatever its status."""
        if not self.entered:
            raise LocustError(_NOT_ENTERED.format("success()"))
        self.manual = True

    def failure(self, exc: Any) -> None:
        """This request is a failure: an exception, or anything else as its text."""
        if not self.entered:
            raise LocustError(_NOT_ENTERED.format("failure(...)"))
        self.manual = exc if isinstance(exc, Exception) else CatchResponseError(exc)
