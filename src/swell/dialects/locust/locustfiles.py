"""Finds and loads locustfiles: several of them, folders, URLs; collects their users and shapes.

Rules: a file is a module of its own name with its folder (and the working directory) first on `sys.path`, as in
Locust. A class that comes to two files from one place counts once; two classes of one name from two places are an
error. Every error is a TestFileError for people, without frames of this package.
"""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import inspect
import os
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from swell.dialects.locust.pytest_users import conftests_of, users_of
from swell.dialects.locust.shape import LoadTestShape
from swell.dialects.locust.users import User
from swell.dialects.python.exceptions import TestFileError
from swell.engine.tracebacks import user_traceback

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

__all__ = ["FileExitsError", "LoadedFiles", "exit_code_of", "find_files", "load_files"]


def exit_code_of(argument: object) -> int:
    """The exit code of a process that ends with `sys.exit(argument)`."""
    return 0 if argument is None else argument if isinstance(argument, int) else 1


class FileExitsError(TestFileError):
    """The file ends the process while it is loaded: with exit code `code`, as under Locust."""

    def __init__(self, argument: object, path: str) -> None:
        self.code = exit_code_of(argument)
        text = str(argument) if isinstance(argument, str) else f"the file ends the process: sys.exit({argument!r})"
        super().__init__(text, path=path)


class LoadedFiles:
    """What the files declare: user classes and instances of shapes by name, tasks of the classes as declared."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.paths = list(paths)
        self.users: dict[str, type[User]] = {}
        self.shapes: dict[str, LoadTestShape] = {}
        self.tasks: dict[str, list[Any]] = {}


def find_files(given: str) -> list[str]:
    """The paths of `-f`: files and folders with commas between, or URLs. Raises TestFileError."""
    found: list[str] = []
    for one in (part.strip() for part in given.split(",")):
        if one == "-":
            raise TestFileError(
                "Swell has no network workers, so there is no master to load the test from", path="-f -"
            )
        if urlsplit(one).scheme in {"http", "https"}:
            found.append(_downloaded(one))
        elif Path(one).is_dir():
            inside = sorted(str(path.absolute()) for path in Path(one).rglob("*.py") if not path.name.startswith("_"))
            if not inside:
                raise TestFileError("Could not find any locustfiles in this directory", path=one)
            found += inside
        elif Path(one).exists() and one.endswith(".py"):
            found.append(str(Path(one).absolute()))
        else:
            raise TestFileError(
                f"Could not find {one!r}. Ensure your locustfile ends with '.py' or is a directory with locustfiles. "
                "See --help for available options.",
                path=one,
            )
    return found


def _downloaded(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - http and https only, see find_files
            text = answer.read().decode("utf-8")
        ast.parse(text)
    except (SyntaxError, UnicodeDecodeError):
        raise TestFileError("Failed to get locustfile: the response was not valid python code", path=url) from None
    except (OSError, ValueError) as error:
        raise TestFileError(f"Failed to get locustfile: {error}", path=url) from None
    path = Path(tempfile.mkdtemp(prefix="swell-")) / (Path(urlsplit(url).path).name or "locustfile.py")
    path.write_text(text, encoding="utf-8")
    return str(path)


def load_files(paths: Sequence[str]) -> LoadedFiles:
    """Load all files. Raises TestFileError."""
    found = LoadedFiles(paths)
    modules = {path: _load(path) for path in paths}
    for path, module in modules.items():
        members = list(vars(module).values())
        users = [one for one in members if _is_user(one)]
        for cls in users:
            _add(found.users, cls.__name__, cls, cls, what="user", path=path)
        for cls in [one for one in members if _is_shape(one)]:
            known = found.shapes.get(cls.__name__)
            if known is None or type(known) is not cls:
                _add(found.shapes, cls.__name__, _instance(cls, path), cls, what="shape", path=path)
    if not found.users:
        # As in Locust: pytest functions count only where no file has users.
        above = {path: conftests_of(path) for path in paths}
        conftests = {one: modules.get(one) or _load(one) for files in above.values() for one in reversed(files)}
        for path, module in modules.items():
            for name, cls in users_of(module, path, [conftests[one] for one in above[path]]).items():
                _add(found.users, name, cls, cls, what="user", path=path)
    found.tasks = {name: list(cls.tasks) for name, cls in found.users.items()}
    if not found.users:
        raise TestFileError("No User class found!", path=", ".join(paths))
    return found


def _is_user(member: Any) -> bool:
    return inspect.isclass(member) and issubclass(member, User) and member.abstract is False


def _is_shape(member: Any) -> bool:
    return inspect.isclass(member) and issubclass(member, LoadTestShape) and not member.abstract


def _instance(cls: Any, path: str) -> Any:
    try:
        return cls()
    except Exception as error:
        raise _at_import(error, path) from None


def _add(known: dict[str, Any], name: str, value: Any, cls: Any, *, what: str, path: str) -> None:
    former = known.get(name)
    if former is None:
        known[name] = value
        return
    first, second = (_home(one) for one in (cast("type", former) if inspect.isclass(former) else type(former), cls))
    if first != second:
        raise TestFileError(f"Duplicate {what} class names: {name} is defined in both {first} and {second}", path=path)


def _home(cls: Any) -> str:
    try:
        return inspect.getfile(cls)
    except (TypeError, OSError):
        return cls.__module__


def _load(path: str) -> ModuleType:
    folder, file = os.path.split(path)
    for first in (str(Path.cwd()), folder):
        if sys.path[:1] != [first]:
            sys.path.insert(0, first)
    name = Path(file).stem
    if name == "locust":
        name = "locustfile"  # `import locust` in it must not find the file itself
    loader = importlib.machinery.SourceFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except TestFileError:
        raise
    except SystemExit as error:
        raise FileExitsError(error.code, path) from None
    except Exception as error:
        raise _at_import(error, path) from None
    return module


def _at_import(error: Exception, path: str) -> TestFileError:
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(("<frozen importlib", __file__)):
        trace = trace.tb_next
    error.__traceback__ = trace
    return TestFileError(
        f"{type(error).__name__}: {error}" if str(error) else type(error).__name__,
        path=path,
        trace=user_traceback(error),
    )
