"""Users made of pytest functions: each `test...` function of a file without users is a user that runs it for ever.

Rules: the fixtures `session` (as the client of an HttpUser) and `fastsession` (FastHttpUser) are here; others come from
the file itself or a `conftest.py` beside or above it. A fixture gets the other fixtures that it names, and the user for
any other parameter. Those with `autouse` are made for each user before the others; those of the module or the session
that take nothing once in each process, around the test. `parametrize` makes a user of each set of values. pytest itself
is not asked: what its marks and fixtures left behind is read. A response that `raise_for_status` does not like has been
counted and ends the round; any other exception is one of the user's code, as in every task.
"""

from __future__ import annotations

import inspect
import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from swell.dialects.locust import names
from swell.dialects.locust.exception import CatchResponseError
from swell.dialects.locust.users import PytestUser
from swell.dialects.python.exceptions import TestFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import ModuleType

__all__ = ["conftests_of", "users_of"]

_log = logging.getLogger("locust.user.users")
_WIDE = frozenset({"module", "package", "session"})


def users_of(module: ModuleType, path: str, conftests: Sequence[ModuleType] = ()) -> dict[str, type[PytestUser]]:
    """User classes by name of their function. `conftests`: nearest first. Raises TestFileError for a parameter that
    has no fixture.
    """
    found: dict[str, type[PytestUser]] = {}
    known = _fixtures([module, *conftests])
    automatic = _automatic(known, [module, *conftests])
    for function in _functions(module):
        name = function.__name__
        for label, values in _parametrized(function, path):
            own = {**known, **{one: _given(value) for one, value in values.items()}}
            fixtures = {one: _fixture(own, one, function, path) for one in inspect.signature(function).parameters}
            before = [partial(_made, own, one, own[one]) for one in automatic]
            body = {"functions": [function], "fixture_functions": list(fixtures.values()), "tasks": [_round]}
            body["automatic_fixtures"] = before
            title = f"{name}[{label}]" if label else name
            found.setdefault(title, type(title, (PytestUser,), {**body, "__module__": module.__name__}))
    return found


def conftests_of(path: str) -> list[str]:
    """The `conftest.py` files that hold for a test file, nearest first: from its folder up to the working directory."""
    folder = Path(path).absolute().parent
    top = Path.cwd()
    folders = [folder]
    if folder.is_relative_to(top):
        folders += [parent for parent in folder.parents if parent.is_relative_to(top)]
    return [str(one / "conftest.py") for one in folders if (one / "conftest.py").is_file()]


def _functions(module: ModuleType) -> Iterator[Callable[..., Any]]:
    """What pytest would collect: functions `test...`, also those of classes `Test...`."""
    for name, member in vars(module).items():
        if name.startswith("test") and inspect.isfunction(member):
            yield member
        elif name.startswith("Test") and inspect.isclass(member) and "__init__" not in vars(member):
            for inner in vars(member):
                if inner.startswith("test") and inspect.isfunction(getattr(member, inner)):
                    yield getattr(member(), inner)


def _fixtures(modules: Sequence[ModuleType]) -> dict[str, Callable[..., Any]]:
    """Fixtures by name: those of the first module hide those of the next, and the built-in ones come last."""
    known = dict(_BUILT_IN)
    for module in reversed(modules):
        for attribute, member in list(vars(module).items()):
            function = _unwrapped(member)
            if function is not None:
                known[getattr(_marker(member), "name", None) or attribute] = function
    return known


def _automatic(known: dict[str, Callable[..., Any]], modules: Sequence[ModuleType]) -> list[str]:
    """Names of the fixtures with `autouse` that each user gets, outermost first; those of the test are set up here."""
    found: list[str] = []
    for module in reversed(modules):
        for attribute, member in list(vars(module).items()):
            marker = _marker(member) if _unwrapped(member) is not None else None
            name = str(getattr(marker, "name", None) or attribute)
            if marker is None or not marker.autouse or name in found:
                continue
            if (missing := _missing(known, name)) is not None:
                _log.warning(
                    "the fixture %s has autouse and is left out: there is no fixture for its parameter %r",
                    name,
                    missing,
                )
            elif (
                getattr(marker.scope, "value", marker.scope) in _WIDE and not inspect.signature(known[name]).parameters
            ):
                known[name] = _once(known[name])
            else:
                found.append(name)
    return found


def _missing(known: Mapping[str, Callable[..., Any]], name: str) -> str | None:
    """A parameter of a fixture, or of one that it needs, that only pytest itself could give; None if there is none."""
    for one, parameter in inspect.signature(known[name]).parameters.items():
        if one in known and one != name:
            if (missing := _missing(known, one)) is not None:
                return missing
        elif one not in {"user", "self"} and parameter.default is parameter.empty:
            return one
    return None


def _once(make: Callable[..., Any]) -> Callable[..., Any]:
    """Make a fixture when the test starts, where users run, and do what is behind its `yield` at the end."""
    held: list[Any] = []

    def begin(environment: Any) -> None:
        if environment.runner is not None and hasattr(environment.runner, "clients"):
            return  # the master of several
        made = make()
        if inspect.isgenerator(made):
            held.append(next(made))
            environment.events.test_stop.add_listener(partial(_end, made))
        else:
            held.append(made)

    names.events.test_start.add_listener(begin)
    return lambda: held[-1] if held else None


def _end(made: Iterator[Any], **_: Any) -> None:
    next(made, None)


def _marker(member: Any) -> Any:
    """What `@pytest.fixture` was given, for pytest of today and before 8.4."""
    return getattr(member, "_fixture_function_marker", None) or getattr(member, "_pytestfixturefunction", None)


def _unwrapped(member: Any) -> Callable[..., Any] | None:
    """The function under `@pytest.fixture`, for pytest of today and before 8.4; None for anything else."""
    if hasattr(cast("Any", type(member)), "_get_wrapped_function"):
        return member._get_wrapped_function()
    wrapped: Any = getattr(member, "__pytest_wrapped__", None)
    return None if wrapped is None else wrapped.obj


def _given(value: Any) -> Callable[..., Any]:
    return lambda: value


def _fixture(
    known: Mapping[str, Callable[..., Any]], name: str, function: Callable[..., Any], path: str
) -> Callable[..., Any]:
    """What makes the fixture `name` for a user, with the fixtures that it names itself."""
    make = known.get(name)
    if make is None:
        line = function.__code__.co_firstlineno
        raise TestFileError(
            f"{path}:{line}: there is no fixture for the parameter {name!r} of {function.__name__}: users made of "
            f"pytest functions have the fixtures {' and '.join(_BUILT_IN)}, and those that the file itself or a "
            "conftest.py declares",
            path=path,
        )
    return partial(_made, known, name, make)


def _made(known: Mapping[str, Callable[..., Any]], name: str, make: Callable[..., Any], user: PytestUser) -> Any:
    """The value of a fixture: made once for each user."""
    if name in user.made_fixtures:
        return user.made_fixtures[name]
    parameters = inspect.signature(make).parameters
    inner = {one: known.get(one) for one in parameters}
    asked = [user if (of := inner[one]) is None or one == name else _made(known, one, of, user) for one in parameters]
    made: Any = make(*asked)
    if inspect.isgenerator(made):
        user.fixture_generators.append(made)
        made = next(made)
    user.made_fixtures[name] = made
    return made


def _parametrized(function: Callable[..., Any], path: str) -> list[tuple[str, dict[str, Any]]]:
    """Each set of values that `pytest.mark.parametrize` gives, with its label; one empty set without the mark."""
    sets: list[tuple[str, dict[str, Any]]] = [("", {})]
    for mark in getattr(function, "pytestmark", ()):
        if mark.name != "parametrize":
            continue
        try:
            own = _sets_of(*mark.args, **mark.kwargs)
        except (TypeError, ValueError) as error:
            line = function.__code__.co_firstlineno
            raise TestFileError(f"{path}:{line}: parametrize of {function.__name__}: {error}", path=path) from None
        sets = [
            ("-".join(part for part in (first, second) if part), {**values, **more})
            for second, more in own
            for first, values in sets
        ]
    return sets


def _sets_of(argnames: Any, argvalues: Any, ids: Any = None, **_options: Any) -> list[tuple[str, dict[str, Any]]]:
    names = [one.strip() for one in argnames.split(",") if one.strip()] if isinstance(argnames, str) else list(argnames)
    sets: list[tuple[str, dict[str, Any]]] = []
    for place, row in enumerate(argvalues):
        param = hasattr(row, "values") and hasattr(row, "marks")
        values = tuple(row.values) if param else (row,) if len(names) == 1 else tuple(row)
        if len(values) != len(names):
            raise ValueError(f"{len(names)} names ({', '.join(names)}) and {len(values)} values: {values!r}")
        labels = [_label(name, value, place) for name, value in zip(names, values, strict=True)]
        label = "-".join(labels)
        if param and isinstance(row.id, str):
            label = row.id
        elif ids is not None and not callable(ids):
            label = str(list(ids)[place])
        sets.append((label, dict(zip(names, values, strict=True))))
    return sets


def _label(name: str, value: Any, place: int) -> str:
    return str(value) if value is None or isinstance(value, str | int | float | bool) else f"{name}{place}"


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
