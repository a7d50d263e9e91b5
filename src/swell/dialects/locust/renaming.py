"""`client.rename_request(name)`, as every HTTP client of Locust has it.

Rules: a name given with a request wins. The name is the client's, so it holds for all that use it while the block runs.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["RenamesRequests"]


class RenamesRequests:
    """A client whose requests take a name from a block around them."""

    request_name: str | None = None

    @contextmanager
    def rename_request(self, name: str) -> Generator[None]:
        """All requests in the block without a name of their own get this one."""
        self.request_name = name
        try:
            yield
        finally:
            self.request_name = None
