"""A plan made in a process of its own: for pages that start one run after the other.

Rules: the test file is loaded afresh for each run, as edited since, and nothing that it does while it loads harms the
page. Answers are the plan or the mistake, pickled, on a pipe; what the file prints goes to stderr.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from swell.cli.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from swell.model.plan import Plan

__all__ = ["main", "plan_apart"]

_PROGRAM = "import sys; from swell.cli.desk_plan import main; sys.exit(main(int(sys.argv[1])))"


def plan_apart(
    file: str, values: Mapping[str, Any], wait: Callable[[Callable[[], bool]], object], tell: Callable[[str], object]
) -> Plan:
    """The plan of `file` with these options (see `planning.make_plan`). Raises Mistake.

    `wait(until)` is called while it is made; `tell` gets what the file, or a warning, said.
    """
    reading, writing = os.pipe()
    child = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-P", "-c", _PROGRAM, str(writing)],
        pass_fds=(writing,),
        stdin=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
    )
    os.close(writing)
    assert child.stdin is not None
    try:
        with child.stdin:
            child.stdin.write(pickle.dumps((file, dict(values))))
        found = _Drain(child, reading)
        wait(found.is_over)
        data, said = found.take()
    finally:
        if child.poll() is None:
            child.kill()
        child.wait()
    if said:
        tell(said)
    if not data:
        raise Mistake(f"{file} could not be loaded: {said.splitlines()[-1] if said else 'its process ended'}")
    answer: Plan | tuple[str, str] = pickle.loads(data)  # noqa: S301 - from our own child
    if isinstance(answer, tuple):
        raise Mistake(*answer)
    return answer


def main(descriptor: int) -> int:
    """In the child: read what is wanted from stdin, answer on the descriptor."""
    from swell.cli.planning import make_plan  # noqa: PLC0415 - heavy, and only the child needs it

    file, values = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - from our own parent
    try:
        answer: object = make_plan(file, values)
    except Mistake as mistake:
        answer = (mistake.message, mistake.hint)
    with os.fdopen(descriptor, "wb") as pipe:
        pipe.write(pickle.dumps(answer))
    return 0


class _Drain:
    """Reads both pipes of the child in threads, so that neither fills up."""

    def __init__(self, child: subprocess.Popen[bytes], reading: int) -> None:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only here

        assert child.stdout is not None
        pool = ThreadPoolExecutor(2)
        self._answer = pool.submit(_all_of, os.fdopen(reading, "rb"))
        self._said = pool.submit(_all_of, child.stdout)
        pool.shutdown(wait=False)

    def is_over(self) -> bool:
        return self._answer.done() and self._said.done()

    def take(self) -> tuple[bytes, str]:
        return self._answer.result(), self._said.result().decode(errors="replace").strip()


def _all_of(pipe: Any) -> bytes:
    with pipe:
        return pipe.read()
