"""Which runtime a JavaScript processor gets: the engine in Swell, or Node.

Rules: "auto" is the embedded engine unless the processor needs what only Node has and `node` is on the PATH; "node" and
"embedded" are the user's word. That is decided when the processor is loaded, never later. Where Node cannot load it
either, the error is the one that tells more. That Node is used, and why, is told by `note`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from swell.dialects.artillery.flow.js_processor import JsProcessor, NeedsNode
from swell.dialects.artillery.mistakes import Place, ScriptError

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.processor import Processor
    from swell.dialects.artillery.processors import Runtime
    from swell.runtime.hub import Hub

__all__ = ["load_javascript"]

_VERSION: Final = re.compile(r"v(\d+)\.(\d+)")
_ADVICE: Final = re.compile(r"; run the processor in Node .*")
_INSTALL: Final = "install Node 18 or newer, so that `node` is on the PATH"


def load_javascript(
    path: Path,
    *,
    runtime: Runtime,
    hub: Hub | None,
    log: Callable[[str, str], None],
    note: Callable[[str], object],
    session_factory: Callable[[], Any] | None,
    test_id: str,
) -> Processor:
    """Load a processor; the code at its top runs. Call it in a fiber. Raises ScriptError."""

    def embedded(*, strict: bool) -> Processor:
        return JsProcessor(path, hub=hub, log=log, session_factory=session_factory, test_id=test_id, strict=strict)

    def in_node(command: list[str], why: str) -> Processor:
        from swell.dialects.artillery.flow.node_sidecar import NodeProcessor  # noqa: PLC0415 - seldom needed

        if hub is None:
            raise ScriptError("a processor in Node needs a running test", Place(str(path)))
        found = NodeProcessor(path, command=command, hub=hub, log=log, test_id=test_id)
        note(f"The processor runs in Node {found.version} ({command[0]}), not in Swell's own engine: {why}")
        return found

    node = _node_command(path) if runtime != "embedded" else None
    if runtime == "node":
        if node is None:
            raise ScriptError(f"--processor-runtime node: there is no Node; {_INSTALL}")
        return in_node(node, "--processor-runtime node")
    try:
        return embedded(strict=node is not None)
    except NeedsNode as error:
        problem = error
    if node is None:
        raise ScriptError(_with_hint(problem), problem.place)
    reason = _reason(problem)
    try:
        return in_node(node, f"{reason} ({problem.place})")
    except ScriptError as error:
        if problem.how == "needs":
            raise ScriptError(f"{reason}; {error.message}", error.place) from None
        if problem.how == "may":
            raise ScriptError(problem.message, problem.place) from None
        log("warn", f"{problem}; {error.message}. It runs in Swell's own engine, where that module does not work")
        return embedded(strict=False)


def _with_hint(problem: NeedsNode) -> str:
    head, newline, rest = problem.message.partition("\n")
    hint = f"; if it needs Node, {_INSTALL}" if problem.how == "may" and "outside of Node" in head else ""
    return f"{head}{hint}{newline}{rest}"


def _reason(problem: NeedsNode) -> str:
    """Why it needs Node, in one line without advice."""
    text = problem.message.split("\n", 1)[0]
    for start in ("the processor cannot be loaded: ", f"{problem.place}: ", "Error: "):
        text = text.removeprefix(start)
    return _ADVICE.sub("", text)


def _node_command(path: Path) -> list[str] | None:
    """How Node is started for this file; None without Node."""
    node = shutil.which("node")
    if node is None:
        return None
    if path.suffix in {".ts", ".mts", ".cts"} and (22, 10) <= _version(node) < (22, 18):
        return [node, "--experimental-strip-types"]
    return [node]


def _version(node: str) -> tuple[int, int]:
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout  # noqa: S603 - found on the PATH
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    found = _VERSION.match(told)
    return (int(found[1]), int(found[2])) if found else (0, 0)
