"""A command with a page, as a process of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, TypeVar

from tests.web.conftest import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["served", "until"]

T = TypeVar("T")


def until(true: Callable[[], T]) -> T:
    """Wait until it is true; gives what it is."""
    end = time.monotonic() + 90
    while not (found := true()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


@contextlib.contextmanager
def served(folder: Path, port: int, path: str, *arguments: str) -> Iterator[tuple[Client, subprocess.Popen[str]]]:
    """`swell` with these arguments, run in the folder, once the page on this port answers to `path`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "swell", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={key: value for key, value in os.environ.items() if not key.startswith(("LOCUST_", "SWELL_WEB"))},
    )
    client = Client(port)

    def up() -> bool:
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        with contextlib.suppress(OSError):
            return client.send("GET", path)[0] == 200
        return False

    try:
        until(up)
        yield client, process
    finally:
        process.kill()
        process.communicate()
