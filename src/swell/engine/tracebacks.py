"""Errors of user code as people want to see them: their own frames, none of this package's.

Rules: pure text. The demo's load test counts as user code.
"""

from __future__ import annotations

import traceback
from pathlib import Path

__all__ = ["user_traceback"]

_PACKAGE = str(Path(__file__).resolve().parent.parent)
_SHIPPED_TESTS = str(Path(_PACKAGE) / "demo")


def user_traceback(error: BaseException) -> str:
    """The traceback of an exception without the frames of this package."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_ours(frame.filename)]
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(frames)] if frames else []
    lines += traceback.format_exception_only(error)
    return "".join(lines).rstrip()


def _is_ours(filename: str) -> bool:
    return filename.startswith(_PACKAGE) and not filename.startswith(_SHIPPED_TESTS)
