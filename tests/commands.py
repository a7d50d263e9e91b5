"""`swell` processes of tests: started in a folder, waited for with patience, and killed with all their children."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import psutil

T = TypeVar("T")

PATIENCE = 60.0  # seconds until something that should end is a failure


class Command:
    """A `swell` process; its output goes to files, so that no pipe can fill up."""

    def __init__(self, folder: Path, arguments: tuple[str, ...], **options: Any) -> None:
        self._out, self._err = folder / "out.txt", folder / "err.txt"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            options = {"stdout": out, "stderr": err, **options}
            self.process = subprocess.Popen(
                [sys.executable, "-m", "swell", *arguments], cwd=folder, stdin=subprocess.DEVNULL, **options
            )
        self.ps = psutil.Process(self.process.pid)

    @property
    def out(self) -> str:
        return self._out.read_text()

    @property
    def err(self) -> str:
        return self._err.read_text()

    def wait(self) -> int:
        return self.process.wait(PATIENCE)


def kill_all(commands: Iterable[Command]) -> None:
    """Kill what still lives of them, with all their children."""
    for command in commands:
        try:
            family = [command.ps, *command.ps.children(recursive=True)]
        except psutil.NoSuchProcess:
            family = []
        for process in family:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        command.process.wait(PATIENCE)


def wait_for(look: Callable[[], T | None]) -> T:
    """Look until there is something to see."""
    waiting = threading.Event()
    for _ in range(int(PATIENCE / 0.05)):
        found = look()
        if found is not None:
            return found
        waiting.wait(0.05)
    raise AssertionError("waited in vain")
