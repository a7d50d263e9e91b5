"""Fixtures for every area: the real services of services.py, one of each per test process, and a browser."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests import services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from playwright.sync_api import Browser


def _without(missing: services.ServiceMissing) -> NoReturn:
    if services.services_required():
        pytest.fail(f"SWELL_TEST_SERVICES=require, but {missing}")
    pytest.skip(str(missing))


def _serve(start: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    service = start()
    try:
        url = service.__enter__()
    except services.ServiceMissing as missing:
        _without(missing)
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    try:
        program = services.chromium()
    except services.ServiceMissing as missing:
        _without(missing)
    sync_api = pytest.importorskip("playwright.sync_api")
    # It runs an event loop in this thread, so it must not outlive the module.
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def _plain_imports() -> Iterator[None]:
    """A test file loaded in this process leaves neither gevent's patches nor a watch on imports behind."""
    yield
    if "swell.runtime.blocking" in sys.modules:
        sys.modules["swell.runtime.blocking"].uninstall()
