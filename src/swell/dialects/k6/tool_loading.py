"""Loads a test for the commands that look at it and do not run it (`tool_source.LOADER`).

Rules: as `k6 run` would load it, so that options, files and errors are the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from swell.dialects.k6.flags import parse
from swell.dialects.k6.loading import LoadError, load
from swell.dialects.k6.option_values import OptionError
from swell.dialects.k6.tool_source import LoadedTest, ToolError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["load_test"]


def load_test(argv: Sequence[str]) -> LoadedTest:
    """The test of a command line of `run`. Raises ToolError."""
    try:
        loaded = load(parse(argv))
    except (LoadError, OptionError) as error:
        raise ToolError(str(error), error.exit_code) from None
    instance = loaded.instance
    files = dict(instance.opened)
    for key in instance.program.files:
        if ".swell-" not in key:
            files[key] = instance.program.modules[key].source
    options = dict(loaded.options)
    return LoadedTest(Path(loaded.test.script), options, loaded.test.scenarios, files, loaded.env)
