"""The memory of a command and its children, while it runs.

Rules: pages that several of the processes share (the interpreter, its libraries) count once: the proportional set size
where the system tells it (Linux), else what each has for itself.
"""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["megabytes_after"]


def megabytes_after(command: Sequence[str], seconds: float) -> float:
    """Megabytes of all processes of the command, `seconds` after it was started; it is ended then."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(seconds)
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        found = [each.memory_full_info() for each in family]
        return sum(getattr(each, "pss", each.uss) for each in found) / 1e6
    finally:
        process.terminate()
        process.wait()
