"""Loads a Python test file: runs it as a module of its own, and turns what it declares into a program.

Rules: every error of the file is a TestFileError that shows the user's frames and none of ours. The folder of the file
is first on `sys.path`, as for a script. Loading twice in one process gives two independent programs; modules beside
the test file are then loaded anew, so that what they declare is declared again.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, cast

from swell.dialects.python.declarations import read_declarations
from swell.dialects.python.exceptions import OptionError, TestFileError
from swell.dialects.python.located import SourceMap
from swell.dialects.python.metrics import Metric
from swell.dialects.python.options import RunOptions
from swell.dialects.python.planning import selected_users
from swell.dialects.python.program import PythonProgram
from swell.dialects.python.scope import LoadScope, loading
from swell.dialects.python.tasks import filter_tasks
from swell.engine.tracebacks import is_ours, user_traceback
from swell.runtime import blocking

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from swell.dialects.python.declarations import Declarations
    from swell.model.plan import Source

__all__ = ["LOADER", "load"]

LOADER = "swell.dialects.python.loader:load"
"""What `Source.loader` says for Python test files."""

_beside: set[str] = set()
"""Modules beside test files that earlier loads of this process brought in."""


def load(source: Source) -> PythonProgram:
    """Load the test file of `source`; its `env` becomes part of the process's environment.

    Options "tags" and "exclude_tags" (names with commas between) select tasks. Raises TestFileError.
    """
    path = Path(source.path).resolve()
    text = _read(path, source.path)
    os.environ.update(source.env)
    scope = LoadScope(path.parent)
    tree = _parse(text, path, source.path)
    blocking.prepare(text, path.parent)
    with loading(scope):
        module = _run(tree, path, source.path)
        declared = _declared(module, source.path, SourceMap(tree))
    for metric in _metrics_beside(module, path.parent):
        scope.metrics.setdefault(metric.name, metric)
    _select_tasks(declared, source)
    return PythonProgram(source, declared, scope)


def _read(path: Path, shown: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise TestFileError(f"there is no such file (looked in {path.parent})", path=shown) from None
    except IsADirectoryError:
        raise TestFileError("this is a folder; give a test file in it", path=shown) from None
    except OSError as error:
        raise TestFileError(f"cannot be read: {error.strerror}", path=shown) from None


def _parse(text: bytes, path: Path, shown: str) -> ast.Module:
    try:
        return ast.parse(text, filename=str(path))
    except SyntaxError as error:
        raise _syntax_error(error, shown) from None
    except ValueError as error:
        raise TestFileError(f"this is no Python file: {error}", path=shown) from None


def _syntax_error(error: SyntaxError, shown: str) -> TestFileError:
    trace = "".join(traceback.format_exception_only(error)).rstrip()
    return TestFileError(f"{type(error).__name__}: {error.msg}", path=shown, line=error.lineno or 0, trace=trace)


def _run(tree: ast.Module, path: Path, shown: str) -> ModuleType:
    """Execute the file as a module whose name is the same in every process of the run."""
    digest = hashlib.blake2b(str(path).encode(), digest_size=4).hexdigest()
    stem = "".join(letter if letter.isalnum() else "_" for letter in path.stem)
    name = f"swell_test_{stem}_{digest}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None:
        raise TestFileError("this is no Python file (its name must end in .py)", path=shown)
    module = importlib.util.module_from_spec(spec)
    folder = str(path.parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    for beside in _beside:
        sys.modules.pop(beside, None)
    before = set(sys.modules)
    sys.modules[name] = module
    try:
        exec(compile(tree, str(path), "exec", dont_inherit=True), vars(module))  # noqa: S102 - that is the job
    except SystemExit as error:
        sys.modules.pop(name, None)
        raise TestFileError(f"the file ends the process: sys.exit({error.code!r})", path=shown) from None
    except TestFileError:
        sys.modules.pop(name, None)
        raise
    except Exception as error:
        sys.modules.pop(name, None)
        raise _user_error(error, path, shown) from None
    finally:
        _beside.update(new for new in set(sys.modules) - before if new != name and _is_beside(new, path.parent))
    return module


def _is_beside(name: str, folder: Path) -> bool:
    file = getattr(sys.modules.get(name), "__file__", None)
    return bool(file) and _is_beside_file(file, folder) and not name.startswith("swell")


def _is_beside_file(file: str, folder: Path) -> bool:
    if "site-packages" in file or "dist-packages" in file:
        return False
    return Path(file).resolve().is_relative_to(folder)


def _user_error(error: Exception, path: Path, shown: str) -> TestFileError:
    """An exception at import, at the last line of the test file that led to it."""
    if isinstance(error, SyntaxError) and error.filename:
        return _syntax_error(error, error.filename)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno or 0 for frame in frames if frame.filename == str(path)]
    if getattr(error, "for_people", False) or _is_ours(error, frames):
        caller = [frame for frame in frames if not is_ours(frame.filename)]
        if caller and caller[-1].filename != str(path) and _is_beside_file(caller[-1].filename, path.parent):
            return TestFileError(str(error), path=caller[-1].filename, line=caller[-1].lineno or 0)
        return TestFileError(str(error), path=shown, line=lines[-1] if lines else 0)
    problem = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
    error.__traceback__ = _without_importlib(error)
    return TestFileError(problem, path=shown, line=lines[-1] if lines else 0, trace=user_traceback(error))


def _is_ours(error: Exception, frames: traceback.StackSummary) -> bool:
    """Whether a name of this package refused what the file gave it: the message says all, and a trace nothing more."""
    return isinstance(error, (TypeError, ValueError)) and bool(frames) and is_ours(frames[-1].filename)


def _without_importlib(error: Exception) -> Any:
    """Python's own import machinery is no part of the user's traceback: cut it off its front."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(("<frozen importlib", __file__)):
        trace = trace.tb_next
    return trace


def _declared(module: ModuleType, shown: str, lines: SourceMap) -> Declarations:
    try:
        return read_declarations(module, shown, lines)
    except TestFileError:
        raise
    except Exception as error:
        raise _user_error(error, Path(module.__file__ or shown), shown) from None


def _metrics_beside(module: ModuleType, folder: Path) -> list[Metric]:
    """Metrics of modules that were loaded before this file asked for them."""
    modules = [module, *(sys.modules[name] for name in list(sys.modules) if _is_beside(name, folder))]
    return [one for held in modules for one in list(vars(held).values()) if isinstance(one, Metric)]


def _select_tasks(declared: Declarations, source: Source) -> None:
    """Leave only the tasks that the tags select, in the classes themselves; once per load."""
    include, exclude = (
        tuple(name for name in source.options.get(key, "").split(",") if name) for key in ("tags", "exclude_tags")
    )
    if not include and not exclude:
        return
    try:
        users = selected_users(declared.users, RunOptions(include_tags=include, exclude_tags=exclude))
    except OptionError as error:
        raise TestFileError(str(error), path=source.path) from None
    for cls in users.values():
        _keep(cls, filter_tasks(cls.tasks, include, exclude))


def _keep(holder: Any, left: list[Any]) -> None:
    kept: list[Any] = []
    for one in left:
        if isinstance(one, tuple):
            taskset, inner = cast("tuple[Any, list[Any]]", one)
            _keep(taskset, inner)
            kept.append(taskset)
        else:
            kept.append(one)
    holder.tasks = kept
