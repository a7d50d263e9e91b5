"""Errors of user code as people want to see them: their own frames, none of this package's.

Rules: pure text. The demo's load test counts as user code. What Python's own library does between the user's frames
and ours (a cached property, a thread that starts) is no news to anybody and goes with ours. Exceptions of this package
go by their bare names, as people know them; where no line of the user's raised one, a text for people stands alone.
"""

from __future__ import annotations

import sysconfig
import traceback
from itertools import groupby
from pathlib import Path

__all__ = ["exit_reason", "is_ours", "user_traceback"]

_PACKAGE = str(Path(__file__).resolve().parent.parent)
_SHIPPED_TESTS = str(Path(_PACKAGE) / "demo")
_LIBRARY = sysconfig.get_path("stdlib")
_INSTALLED = ("site-packages", "dist-packages")


def user_traceback(error: BaseException) -> str:
    """The traceback of an exception without the frames of this package."""
    frames: list[traceback.FrameSummary] = []
    stretches = groupby(traceback.extract_tb(error.__traceback__), lambda frame: _is_user(frame.filename))
    for of_user, stretch in stretches:
        found = list(stretch)
        # The library alone is what the user called; with ours among it, it is how we do things.
        if of_user or not any(is_ours(frame.filename) for frame in found):
            frames += found
    if not frames and getattr(error, "for_people", False):
        return str(error)
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(frames)] if frames else []
    lines += [_bare(line, type(error)) for line in traceback.format_exception_only(error)]
    return "".join(lines).rstrip()


def exit_reason(error: SystemExit) -> str:
    """What a `sys.exit()` in user code says as the reason for the end of a run: with the place, if it is known."""
    places = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_user(frame.filename)]
    where = f" ({places[-1].filename}:{places[-1].lineno})" if places else ""
    return f"the test called sys.exit({'' if error.code is None else repr(error.code)}){where}"


def is_ours(filename: str) -> bool:
    """Whether a frame in this file belongs to this package."""
    return filename.startswith(_PACKAGE) and not filename.startswith(_SHIPPED_TESTS)


def _is_user(filename: str) -> bool:
    if is_ours(filename):
        return False
    return not filename.startswith((_LIBRARY, "<frozen ")) or any(part in filename for part in _INSTALLED)


def _bare(line: str, cls: type[BaseException]) -> str:
    module = cls.__module__
    return line.removeprefix(f"{module}.") if module.partition(".")[0] == "swell" else line
