"""A test as the commands see it that look at tests and do not run them: inspect and archive.

Rules: loading is the dialect's (`LOADER`), so that options, files and errors are those of `swell k6 run`. It is looked
up when it is needed.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["LOADER", "LoadedTest", "ToolError", "load_for_tool"]

LOADER = "swell.dialects.k6.tool_loading:load_test"
"""`load_test(argv) -> LoadedTest`; the arguments are those of `run`. Raises ToolError."""


class ToolError(Exception):
    """A test that cannot be loaded; the text is for people, the exit code that of k6 (104 options, 107 script)."""

    def __init__(self, text: str, exit_code: int = 1) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class LoadedTest(NamedTuple):
    """What is known of a test once its init code ran.

    `options` as k6's JSON has them, consolidated over all sources; `scenarios` as they would run (shortcuts turned into
    scenarios, defaults filled in). `files`: the content of everything that the init code read, by absolute path or by
    address, the script and its modules included. `env`: what `__ENV` holds by options of the command line.
    """

    script: Path
    options: Mapping[str, Any]
    scenarios: Mapping[str, Mapping[str, Any]]
    files: Mapping[str, bytes]
    env: Mapping[str, str]


def load_for_tool(argv: Sequence[str]) -> LoadedTest:
    """The test that a command line names. ToolError if it cannot be loaded."""
    module, _, name = LOADER.partition(":")
    return getattr(importlib.import_module(module), name)(argv)
