"""Where the processor of a test lies, and what it may run in.

Rules: as Node looks for a module: the file itself, the name with .js, .cjs, .mjs, .ts or .py, a folder's index.
Light: the command line asks here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from swell.dialects.artillery.mistakes import ScriptError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.dialects.artillery.mistakes import Place

__all__ = ["RUNTIMES", "Runtime", "processor_path", "runtime_of"]

Runtime = Literal["auto", "embedded", "node"]
RUNTIMES: Final[tuple[Runtime, ...]] = get_args(Runtime)
"""What `--processor-runtime` may be."""

_SUFFIXES = (".js", ".cjs", ".mjs", ".ts", ".py")


def processor_path(config: Mapping[str, Any], place: Place | None = None) -> Path | None:
    """The file of `config.processor`; None without one. Raises ScriptError where it is missing."""
    named = config.get("processor")
    if not named:
        return None
    if not isinstance(named, str):
        raise ScriptError("config.processor is the path of a file", place)
    path = Path(named)
    if path.is_file():
        return path
    candidates = [path.with_name(path.name + suffix) for suffix in _SUFFIXES]
    candidates += [path / f"index{suffix}" for suffix in _SUFFIXES]
    found = next((each for each in candidates if each.is_file()), None)
    if found is None:
        raise ScriptError(f"config.processor: there is no file {path}", place)
    return found


def runtime_of(text: str) -> Runtime:
    """The runtime of this name; "" is "auto". Raises ScriptError."""
    for each in RUNTIMES:
        if each == (text or "auto"):
            return each
    raise ScriptError(f"--processor-runtime is {', '.join(RUNTIMES[:-1])} or {RUNTIMES[-1]}, not {text!r}")
