"""The front door `swell locust`: Locust's command line, Swell's engine.

Rules: exit codes are Locust's; a failed threshold of Swell's turns a 0 into a 1. The test is loaded in a child of this
process to make the plan and again in each worker, where it runs. This process itself knows nothing of the test but its
plan.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.dialects.locust.prepared import Prepared

__all__ = ["main", "serve_prepare"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        prepared = _prepare_in_child(arguments) if _can_fork() else _prepare(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    if prepared.plan is None:
        return prepared.code
    for note in prepared.notes:
        print(f"swell locust: {note}", file=sys.stderr)  # noqa: T201 - for people
    if prepared.page is not None:
        from swell.dialects.locust.page import serve  # noqa: PLC0415 - heavy

        return serve(prepared, arguments)
    from swell.dialects.locust.running import execute  # noqa: PLC0415 - heavy

    return execute(prepared, arguments)


def _prepare(arguments: Sequence[str]) -> Prepared:
    from swell.dialects.locust.preparing import prepare  # noqa: PLC0415 - heavy, and only for who loads the test

    return prepare(arguments)


def _can_fork() -> bool:
    return hasattr(os, "fork") and threading.active_count() == 1


def _prepare_in_child(arguments: Sequence[str]) -> Prepared:
    """As `_prepare`, in a forked process: whatever the test's imports do to a process, and weigh, stays there."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if not child:
        serve_prepare(arguments, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(child, 0)
    if not data:
        code = os.waitstatus_to_exitcode(status)
        raise SystemExit(abs(code))
    return pickle.loads(data)  # noqa: S301 - from our own child


def serve_prepare(arguments: Sequence[str], writing: int) -> None:
    """The child's part; does not return."""
    code = 1
    try:
        prepared = _prepare(arguments)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(pickle.dumps(prepared))
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        import traceback  # noqa: PLC0415 - should not happen

        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
