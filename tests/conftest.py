"""Fixtures for every area: the real services of services.py, one of each per test process."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests import services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


def _serve(start: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    service = start()
    try:
        url = service.__enter__()
    except services.ServiceMissing as missing:
        if services.services_required():
            pytest.fail(f"SWELL_TEST_SERVICES=require, but {missing}")
        pytest.skip(str(missing))
    yield url
    service.__exit__(None, None, None)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL database that the tests may do anything with."""
    yield from _serve(services.postgres)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of a Redis that the tests may do anything with."""
    yield from _serve(services.redis)


@pytest.fixture(autouse=True)
def _plain_imports() -> Iterator[None]:
    """A test file loaded in this process leaves neither gevent's patches nor a watch on imports behind."""
    yield
    if "swell.runtime.blocking" in sys.modules:
        sys.modules["swell.runtime.blocking"].uninstall()
