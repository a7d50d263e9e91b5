"""Users made of pytest functions: each `test...` function of a file without users is a user that runs it for ever.

Rules: the fixtures `session` (as the client of an HttpUser) and `fastsession` (FastHttpUser) are here; others come from
the file itself, called with the user. pytest is not needed for it. A response that `raise_for_status` does not like has
been counted and ends the round; any other exception is one of the user's code, as in every task.
"""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING, Any

from swell.dialects.locust.exception import CatchResponseError
from swell.dialects.locust.users import PytestUser
from swell.dialects.python.exceptions import TestFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

__all__ = ["users_of"]

_log = logging.getLogger("locust.user.users")


def users_of(module: ModuleType, path: str) -> dict[str, type[PytestUser]]:
    """User classes by name of their function. Raises TestFileError for a parameter that has no fixture."""
    found: dict[str, type[PytestUser]] = {}
    for function in _functions(module):
        fixtures = [_fixture(module, name, function, path) for name in inspect.signature(function).parameters]
        body = {"functions": [function], "fixture_functions": fixtures, "tasks": [_round]}
        name = function.__name__
        found.setdefault(name, type(name, (PytestUser,), {**body, "__module__": module.__name__}))
    return found


def _functions(module: ModuleType) -> Iterator[Callable[..., Any]]:
    """What pytest would collect: functions `test...`, also those of classes `Test...`."""
    for name, member in vars(module).items():
        if name.startswith("test") and inspect.isfunction(member):
            yield member
        elif name.startswith("Test") and inspect.isclass(member) and "__init__" not in vars(member):
            for inner in vars(member):
                if inner.startswith("test") and inspect.isfunction(getattr(member, inner)):
                    yield getattr(member(), inner)


def _fixture(module: ModuleType, name: str, function: Callable[..., Any], path: str) -> Callable[..., Any]:
    own: Any = getattr(module, name, None)
    for attribute in ("_get_wrapped_function", "__pytest_wrapped__"):
        wrapped: Any = getattr(own, attribute, None)
        if wrapped is not None:
            found: Any = wrapped() if callable(wrapped) else wrapped.obj
            return found
    if name in _BUILT_IN:
        return _BUILT_IN[name]
    line = function.__code__.co_firstlineno
    raise TestFileError(
        f"{path}:{line}: there is no fixture for the parameter {name!r} of {function.__name__}: users made of pytest "
        f"functions have the fixtures {' and '.join(_BUILT_IN)}, and those that the file itself declares",
        path=path,
    )


def _session(user: Any) -> Any:
    from swell.dialects.locust.clients import HttpSession  # noqa: PLC0415 - requests, only for those who use it

    return HttpSession(base_url=user.host or "", request_event=user.environment.events.request, user=user)


def _fastsession(user: Any) -> Any:
    from swell.dialects.locust.fasthttp import FastHttpSession  # noqa: PLC0415 - as above

    return FastHttpSession(base_url=user.host or "", request_event=user.environment.events.request, user=user)


_BUILT_IN: dict[str, Callable[..., Any]] = {"session": _session, "fastsession": _fastsession}


def _round(user: Any) -> None:
    """One pass through the user's functions."""
    try:
        for function in user.functions:
            function(*user.fixtures)
    except (CatchResponseError, ConnectionError) as error:
        _log.debug("%s", error, exc_info=True)
    except Exception as error:
        if not _is_of_a_response(error):
            raise
        _log.debug("%s", error, exc_info=True)


def _is_of_a_response(error: Exception) -> bool:
    """What `raise_for_status` raises; an address that is none is a mistake of the test."""
    from requests import RequestException  # noqa: PLC0415 - as above

    return isinstance(error, RequestException) and not isinstance(error, ValueError)
