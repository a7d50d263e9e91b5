"""Writes what handleSummary returned: text and files by name.

Rules: as in k6, `stdout` and `stderr` are the streams, every other key is a path, folders are not made, and a file that
cannot be written costs a message, never the exit code. A `null` value writes nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["write_results"]


def write_results(results: Mapping[str, str | bytes | None], folder: Path | None = None) -> list[str]:
    """Write them; relative paths are in `folder` (default: the working folder). Returns what could not be written."""
    errors: list[str] = []
    for name, content in results.items():
        if content is None:
            continue
        data = content.encode("utf-8", "replace") if isinstance(content, str) else content
        try:
            if name in {"stdout", "stderr"}:
                stream = sys.stdout if name == "stdout" else sys.stderr
                stream.write(data.decode("utf-8", "replace"))
                stream.flush()
            else:
                (folder or Path()).joinpath(name).write_bytes(data)
        except OSError as error:
            reason = error.strerror or str(error)
            hint = ": make the folder first" if isinstance(error, FileNotFoundError) else ""
            errors.append(f"handleSummary could not write {name}: {reason}{hint}")
    return errors
