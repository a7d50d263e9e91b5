"""Compiles the scenarios of a loaded test once before it runs, so that mistakes in them are told with their line.

Rules: what is compiled is thrown away; the workers compile their own. Errors of the flow name scenario and steps, and
that is turned into a place here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swell.dialects.artillery.loading import find_place
from swell.dialects.artillery.mistakes import Place, ScriptError
from swell.dialects.artillery.processors import processor_path

if TYPE_CHECKING:
    from swell.dialects.artillery.documents import Document
    from swell.dialects.artillery.loading import Loaded

__all__ = ["check_test"]

_STEP = re.compile(r", step (\d+)")
_PLACE = re.compile(r"^.*?(?P<steps>(?:, step \d+(?: \(\w+\))?)+)", re.DOTALL)


def check_test(loaded: Loaded) -> None:
    """Raises ScriptError for the first mistake in the flows, and for a processor that is not there."""
    from swell.dialects.artillery.flow.vuser import FlowTest  # noqa: PLC0415 - needs the HTTP client

    test, documents = loaded.test, loaded.documents
    processor_path(test.config, find_place(documents, "config", "processor"))
    flow = _made(lambda: FlowTest(test.config, Path(test.config_file).parent, []), documents, ())
    for index, scenario in enumerate(test.scenarios):
        name = f"scenario {scenario.get('name', index)!r}"
        _made(lambda: flow.add(scenario, name), documents, ("scenarios", index, "flow"))  # noqa: B023 - called at once
    for hook, spec in (("before", test.before), ("after", test.after)):
        if spec is not None:
            _made(lambda: flow.add(spec, hook), documents, (hook, "flow"))  # noqa: B023 - called at once


def _made(make: Any, documents: list[Document], at: tuple[str | int, ...]) -> Any:
    try:
        return make()
    except ValueError as error:
        raise ScriptError(str(error), _place(str(error), documents, at)) from None


def _place(text: str, documents: list[Document], at: tuple[str | int, ...]) -> Place:
    """Where the step stands that a message of the flow names."""
    found = _PLACE.match(text)
    steps = [int(number) - 1 for number in _STEP.findall(found["steps"])] if found is not None else []
    path = at
    for number in steps:
        ways = [(*path, number), (*path, "loop", number), (*path, "parallel", number)]
        known = next((way for way in ways if any(way in document.places for document in documents)), None)
        if known is None:
            break
        path = known
    return find_place(documents, *path) if path else find_place(documents, "config")
