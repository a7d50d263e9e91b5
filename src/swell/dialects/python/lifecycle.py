"""Setup and teardown of the whole test: two decorators, and the call with the arguments a function asks for.

Rules: each is one function per file, run once in a whole test. It names what it needs as parameters: `client` (an HTTP
client for the plan's host), `data` (what setup returned; teardown only), `environment`.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PHASES", "phase_of", "setup", "teardown", "wanted_arguments"]

Function = TypeVar("Function", bound="Callable[..., Any]")

_MARK = "swell_phase"

PHASES: dict[str, tuple[str, ...]] = {
    "setup": ("client", "environment"),
    "teardown": ("client", "data", "environment"),
}
"""What the functions of each phase may ask for."""


def setup(function: Function) -> Function:
    """Run this function once before any user starts. What it returns is every user's `data`.

    The value is copied to all processes, so it must be made of plain things (numbers, texts, lists, dicts, ...).
    """
    setattr(function, _MARK, "setup")
    return function


def teardown(function: Function) -> Function:
    """Run this function once after the last user has ended, also when the test was aborted."""
    setattr(function, _MARK, "teardown")
    return function


def phase_of(member: object) -> str:
    """Which phase a function is for: "setup", "teardown" or ""."""
    return getattr(member, _MARK, "") if inspect.isfunction(member) else ""


def wanted_arguments(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of the arguments to call it with. Raises ValueError for one that is not to be had."""
    phase = phase_of(function)
    offered = PHASES[phase]
    wanted: list[str] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            continue
        if parameter.name in offered:
            wanted.append(parameter.name)
        elif parameter.default is parameter.empty:
            raise ValueError(
                f"@{phase} function {function.__name__}() asks for {parameter.name!r}; "
                f"it may ask for {', '.join(offered)}"
            )
    return tuple(wanted)
