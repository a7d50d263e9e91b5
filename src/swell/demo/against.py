"""Runs a load test against a target that it starts for it: what the one-word commands of the examples do.

Rules: the target lives as long as the test, not longer, however either ends. Ctrl-C reaches both; the test ends in good
order and prints its summary before the target goes. The exit code is the test's.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["run_against"]

_WRONG_USE = 2


def run_against(
    serve: Sequence[str], test: Callable[[str], Sequence[str]], environment: Mapping[str, str] | None = None
) -> int:
    """Start `serve`, whose first line is its URL, then the command that `test` makes of the URL; returns its exit code.

    `environment` is added to the test's. The command gets `--exit-with-parent`, so the target ends with this process.
    """
    with subprocess.Popen(  # noqa: S603 - a command of ours
        [*serve, "--exit-with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C ends the test in good order, which needs a target to the last
    ) as target:
        try:
            url = (target.stdout.readline() if target.stdout else "").strip()
            if not url:
                return _WRONG_USE  # the target has said why
            return _wait(subprocess.Popen(test(url), env={**os.environ, **(environment or {})}))  # noqa: S603 - as above
        finally:
            target.terminate()


def _wait(process: subprocess.Popen[bytes]) -> int:
    # Ctrl-C reaches the test too, which then ends in good order and prints its summary: wait for that.
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue
