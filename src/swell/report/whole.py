"""Result files: written to their end, or not there.

Rules: half a report looks like a report, and an older one under the same name like the answer. What cannot be written
to its end is taken away, and the OSError goes on to whoever tells people.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, text: str) -> None:
    """Write a text file, with its folder. OSError if that cannot be done; the file is then away."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("w", encoding="utf-8", newline="\n")
    try:
        with file:
            file.write(text)
    except OSError:
        with contextlib.suppress(OSError):
            if path.is_file():  # not a pipe, nor /dev/full
                path.unlink()
        raise
