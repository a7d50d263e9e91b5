"""What a test file declares, read from its module and checked: users, loads, thresholds, profiles, phases.

Rules: everything wrong is a TestFileError with file and line. Nothing is run but constructors of shapes; the result
is plain data and the classes themselves.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, cast

import msgspec

from swell.dialects.python.exceptions import OptionError, TestFileError
from swell.dialects.python.lifecycle import phase_of, wanted_arguments
from swell.dialects.python.loads import Load
from swell.dialects.python.options import checked_host, http_fields
from swell.dialects.python.shapes import LoadTestShape
from swell.dialects.python.users import HttpUser, User
from swell.model.plan import HttpOptions
from swell.model.threshold import ThresholdError, parse_declared
from swell.model.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from swell.dialects.python.located import SourceMap

__all__ = ["Declarations", "FileProfile", "read_declarations"]


class FileProfile(msgspec.Struct, frozen=True):
    """One entry of `profiles`. `loads`: a load for all, loads by user class, or None: the classes' own.

    `thresholds` None: those of the file.
    """

    load: Load | None = None
    loads: dict[str, tuple[Load, ...]] | None = None
    thresholds: tuple[str, ...] | None = None


class Declarations(msgspec.Struct):
    """A test file's content."""

    users: dict[str, type[User]]
    loads: dict[str, tuple[Load, ...]]
    """Of the classes that have their own."""
    load: Load | None = None
    """Of the others."""
    shape: LoadTestShape | None = None
    thresholds: tuple[str, ...] = ()
    profiles: dict[str, FileProfile] = {}
    setup: Callable[..., Any] | None = None
    teardown: Callable[..., Any] | None = None
    setup_timeout: float | None = None
    teardown_timeout: float | None = None
    """Seconds; None: the default."""


def read_declarations(module: ModuleType, path: str, lines: SourceMap) -> Declarations:
    """Collect and check what the module declares."""
    return _Reader(module, path, lines).read()


class _Reader:
    """One reading: the module, and how to say where something is wrong."""

    def __init__(self, module: ModuleType, path: str, lines: SourceMap) -> None:
        self._members: dict[str, Any] = vars(module)
        self._module = module.__name__
        self._path = path
        self._lines = lines

    def read(self) -> Declarations:
        users = self._users()
        thresholds = self._thresholds(self._members.get("thresholds"), self._line("thresholds"), "thresholds")
        return Declarations(
            users=users,
            loads={
                name: self._loads(cls.load, self._class_line(cls, "load"), f"{name}.load")
                for name, cls in users.items()
                if cls.load is not None
            },
            load=self._common_load(),
            shape=self._shape(),
            thresholds=thresholds or (),
            profiles=self._profiles(users),
            setup=self._phase("setup"),
            teardown=self._phase("teardown"),
            setup_timeout=self._timeout("setup_timeout"),
            teardown_timeout=self._timeout("teardown_timeout"),
        )

    # users

    def _users(self) -> dict[str, type[User]]:
        repeated = self._lines.repeated_classes()
        found: dict[str, type[User]] = {}
        for member in dict.fromkeys(_classes(self._members, User)):
            if member.__dict__.get("abstract"):
                continue
            name = member.__name__
            if name in found or (name in repeated and member.__module__ == self._module):
                first, second = repeated.get(name, (0, self._class_line(member)))
                where = f" (line {first})" if first else ""
                self._fail(f"there are two user classes named {name}{where}; rename one", second)
            self._check_user(member)
            if member.weight or member.fixed_count:
                found[name] = member
        if not found:
            if any(True for _ in _classes(self._members, User)) and not self._all_abstract():
                self._fail("no user is left: every user class has weight 0", 0)
            self._fail(
                "there is no user class: define one, such as\n\n"
                "    from swell import HttpUser, task\n\n"
                "    class Visitor(HttpUser):\n"
                "        @task\n"
                "        def home(self):\n"
                '            self.client.get("/")',
                0,
            )
        return found

    def _all_abstract(self) -> bool:
        return all(member.__dict__.get("abstract") for member in _classes(self._members, User))

    def _check_user(self, cls: type[User]) -> None:
        name = cls.__name__
        weight: Any = cls.weight
        if not _is_number(weight) or weight < 0:
            self._fail(f"{name}.weight must be a number from 0 up, not {weight!r}", self._class_line(cls, "weight"))
        fixed: Any = cls.fixed_count
        if isinstance(fixed, bool) or not isinstance(fixed, int) or fixed < 0:
            line = self._class_line(cls, "fixed_count")
            self._fail(f"{name}.fixed_count must be a whole number from 0 up, not {fixed!r}", line)
        if not cls.tasks:
            self._fail(f"{name} has no tasks: mark its methods with @task", self._class_line(cls))
        for taskset in _tasksets(cls.tasks):
            if not taskset.tasks:
                self._fail(f"{taskset.__qualname__} has no tasks: mark its methods with @task", 0)
        for holder in (cls, *_tasksets(cls.tasks)):
            wait: Any = inspect.getattr_static(holder, "wait_time", None)
            if not callable(wait) and not isinstance(wait, (staticmethod, classmethod)):
                advice = f"constant({wait!r})" if _is_number(wait) else "between(1, 5)"
                self._fail(
                    f"{holder.__name__}.wait_time must be a wait function such as {advice}, not {wait!r}",
                    self._class_line(holder, "wait_time"),
                )
        if issubclass(cls, HttpUser):
            self._check_http_options(cls)
        if cls.host is not None:
            try:
                checked_host(cls.host, f"{name}.host")
            except OptionError as error:
                self._fail(str(error), self._class_line(cls, "host"))

    def _check_http_options(self, cls: type[HttpUser]) -> None:
        line = self._class_line(cls, "http_options")
        try:
            fields = http_fields(cls.http_options)
        except (ValueError, TypeError) as error:
            self._fail(f"{cls.__name__}.http_options: {error}", line)
        if fields:
            from swell.http.checking import option_problems  # noqa: PLC0415 - most files have no options

            for name, problem in option_problems(HttpOptions(**fields)):
                self._fail(f"{cls.__name__}.http_options: {name}: {problem}", line)

    # loads and profiles

    def _loads(self, declared: Any, line: int, what: str) -> tuple[Load, ...]:
        found: list[Any] = list(cast("Sequence[Any]", declared)) if isinstance(declared, (list, tuple)) else [declared]
        for one in found:
            if not isinstance(one, Load):
                self._fail(f'{what} must be a load such as ramp(100, 10, "5m"), not {one!r}', line)
        return tuple(found)

    def _common_load(self) -> Load | None:
        declared = self._members.get("load")
        if declared is None or inspect.isfunction(declared) or inspect.ismodule(declared):
            return None
        found = self._loads(declared, self._line("load"), "load")
        if len(found) != 1:
            self._fail("the file's `load` must be one load; give user classes loads of their own", self._line("load"))
        return found[0]

    def _shape(self) -> LoadTestShape | None:
        shapes = [
            member
            for member in dict.fromkeys(_classes(self._members, LoadTestShape))
            if not member.__dict__.get("abstract")
        ]
        if len(shapes) > 1:
            names = " and ".join(shape.__name__ for shape in shapes[:2])
            self._fail(f"there can be one load shape, not {names}; make one abstract", self._class_line(shapes[1]))
        return shapes[0]() if shapes else None

    def _profiles(self, users: Mapping[str, type[User]]) -> dict[str, FileProfile]:
        declared: Any = self._members.get("profiles")
        if declared is None or inspect.ismodule(declared):
            return {}
        line = self._line("profiles")
        if not isinstance(declared, Mapping):
            self._fail('`profiles` must be a dictionary such as {"peak": ramp(1000, 50, "10m")}', line)
        entries = cast("Mapping[Any, Any]", declared)
        return {str(name): self._profile(str(name), entry, users, line) for name, entry in entries.items()}

    def _profile(self, name: str, entry: Any, users: Mapping[str, type[User]], line: int) -> FileProfile:
        what = f"profiles[{name!r}]"
        if isinstance(entry, Load):
            return FileProfile(load=entry)
        if not isinstance(entry, Mapping):
            self._fail(f'{what} must be a load or {{"load": ..., "thresholds": [...]}}, not {entry!r}', line)
        fields = dict(cast("Mapping[str, Any]", entry))
        load: Any = fields.pop("load", None)
        thresholds = self._thresholds(fields.pop("thresholds", None), line, what)
        if fields:
            self._fail(f"{what} has `load` and `thresholds`, not {next(iter(fields))!r}", line)
        if isinstance(load, Mapping):
            by_class = cast("Mapping[str, Any]", load)
            for class_name in by_class:
                if class_name not in users:
                    self._fail(f"{what}: there is no user class {class_name!r}; known: {', '.join(users)}", line)
            loads = {key: self._loads(one, line, f"{what}[{key!r}]") for key, one in by_class.items()}
            return FileProfile(loads=loads, thresholds=thresholds)
        if load is not None:
            found = self._loads(load, line, what)
            if len(found) != 1:
                self._fail(f"{what}: `load` must be one load, or one for each user class", line)
            return FileProfile(load=found[0], thresholds=thresholds)
        return FileProfile(thresholds=thresholds)

    def _thresholds(self, declared: Any, line: int, what: str) -> tuple[str, ...] | None:
        if declared is None or inspect.ismodule(declared):
            return None
        try:
            return tuple(criterion.source for criterion in parse_declared(declared))
        except (ThresholdError, TypeError, ValueError) as error:
            self._fail(f"{what}: {error}", line)

    # setup and teardown

    def _phase(self, phase: str) -> Callable[..., Any] | None:
        found = list(dict.fromkeys(one for one in self._members.values() if phase_of(one) == phase))
        if len(found) > 1:
            names = " and ".join(f"{one.__name__}()" for one in found[:2])
            self._fail(f"there can be one @{phase} function, not {names}", self._line(found[1].__name__))
        for one in found:
            try:
                wanted_arguments(one)
            except ValueError as error:
                self._fail(str(error), self._line(one.__name__))
        return found[0] if found else None

    def _timeout(self, name: str) -> float | None:
        declared: Any = self._members.get(name)
        if declared is None:
            return None
        try:
            seconds = parse_duration(declared)
        except (TypeError, ValueError) as error:
            self._fail(f"{name}: {error}", self._line(name))
        if not seconds > 0:
            self._fail(f"{name} must be longer than 0, not {declared!r}", self._line(name))
        return seconds

    # where

    def _line(self, name: str) -> int:
        return self._lines.line_of(name)

    def _class_line(self, cls: type, attribute: str = "") -> int:
        """The line of an attribute, looked for along the bases that stand in this file; else of the class."""
        own = [base for base in cls.__mro__ if base.__module__ == self._module]
        if attribute:
            for base in own:
                line = self._lines.line_of(attribute, base.__name__)
                if line:
                    return line
        return self._lines.line_of(own[0].__name__) if own else 0

    def _fail(self, problem: str, line: int) -> NoReturn:
        raise TestFileError(problem, path=self._path, line=line)


def _classes(members: Mapping[str, Any], base: type) -> Sequence[Any]:
    """Classes of the module derived from `base`, in the order of the file, without those of this package."""
    return [
        member
        for member in members.values()
        if isinstance(member, type)
        and issubclass(member, base)
        and member is not base
        and not member.__module__.startswith("swell.dialects.")
    ]


def _tasksets(tasks: Sequence[Any]) -> list[Any]:
    """All task sets among tasks, nested ones included."""
    found: dict[Any, None] = {}
    waiting = list(tasks)
    while waiting:
        one = waiting.pop()
        if hasattr(one, "tasks") and one not in found:
            found[one] = None
            waiting.extend(one.tasks)
    return list(found)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
