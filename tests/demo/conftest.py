"""The demo service as a program of its own."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import pytest

from tests.services import Caller, Service, run_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def serve() -> Iterator[Callable[..., Service]]:
    """Start the demo service, with a fault if one is named; it ends with the test."""
    with contextlib.ExitStack() as stack:

        def start(fault: str = "", *options: str) -> Service:
            command = [sys.executable, "-m", "swell.demo.serve", "--port", "0", "--fault", fault, *options]
            return stack.enter_context(run_service(command))

        yield start


@pytest.fixture
def call() -> Iterator[Callable[..., Caller]]:
    """A caller of a service, logged in as `user` if one is named."""
    with contextlib.ExitStack() as stack:

        def open_caller(service: Service, user: str = "") -> Caller:
            caller = stack.enter_context(contextlib.closing(Caller(service)))
            if user:
                status, _, body = caller.send("POST", "/login", {"user": user, "password": "swell"})
                assert status == 200
                caller.token = body["token"]
            return caller

        yield open_caller
