"""Decides whether a test file needs cooperative blocking calls, and turns them on for the thread that runs it.

Rules: a file that imports nothing that blocks costs nothing: neither gevent nor the patches are loaded for it. Others
get them before their first line runs. What a module beside the file imports, and what a task imports later, is seen
when it is imported. Only threads with a hub on a real loop are served; elsewhere (the coordinator, virtual time) blocking
calls are what they are in any program. What is turned on is `gevent_guest` and `cooperative`.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import logging
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swell.runtime import patch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from swell.runtime.gevent_guest import GeventGuest

__all__ = ["install", "needs_it", "prepare", "uninstall"]

# Modules of the standard library that wait, or that are built on such.
_WAITING = frozenset(
    "concurrent ftplib http imaplib multiprocessing nntplib poplib queue select selectors smtplib socket socketserver ssl"
    " subprocess telnetlib threading urllib xmlrpc".split()
)
# Packages that wait for nothing: what Swell itself brings, and what test files often import besides.
_HARMLESS = frozenset(
    "_pytest attr attrs brotli bs4 click dateutil dotenv faker greenlet httptools idna jsonpath jsonschema lxml markupsafe"
    " jinja2 msgpack msgspec numpy orjson pandas psutil pydantic pydantic_core pytest pytz rich selectolax simplejson six"
    " swell typing_extensions ujson uvloop yaml zstandard".split()
)

_MISSING = (
    "gevent cannot be imported (%s), so requests, sockets, locks and the like stall all users of a worker while they wait;"
    " time.sleep, Swell's own client and swell.blocking() do not. Install it: pip install gevent"
)

_local = threading.local()


class _State:
    """What is turned on in one thread."""

    def __init__(self) -> None:
        self.guest: GeventGuest | None = None
        self.watcher: _ImportWatcher | None = None
        self.failed = False


def install(*, threads_as_fibers: bool = False) -> bool:
    """Let blocking calls of user code in this thread stall only their own fiber; harmless when done twice.

    Call it in the greenlet of the hub, before user code is imported. `threads_as_fibers`: as for
    `threads.cooperative_threads`. False: not done, since the thread has no hub on a real loop, or without gevent (which
    is logged, once).
    """
    hub: Any = patch.current_hub()
    if getattr(hub, "loop", None) is None:
        return False
    state = _state()
    if state.guest is None and not state.failed:
        try:
            from swell.runtime.cooperative import patch_standard_library  # noqa: PLC0415 - gevent, only where needed
            from swell.runtime.gevent_guest import GeventGuest  # noqa: PLC0415 - as above
        except ImportError as error:
            state.failed = True
            logging.getLogger("swell").warning(_MISSING, error)
            return False
        patch.install()
        state.guest = GeventGuest(hub)
        patch_standard_library()
        _psycopg2_loaded()
    if state.guest is not None:
        from swell.runtime.threads import cooperative_threads  # noqa: PLC0415 - only where needed

        cooperative_threads(as_fibers=threads_as_fibers or getattr(_local, "as_fibers", False))
        _local.as_fibers = threads_as_fibers or getattr(_local, "as_fibers", False)
        _watch(None)
    return state.guest is not None


def prepare(source: bytes, folder: Path) -> bool:
    """Before a test file with this source is run: `install` if it needs that, and watch what is imported later.

    `folder` is where modules beside the file are looked for. Returns whether blocking calls are cooperative now.
    """
    if getattr(patch.current_hub(), "loop", None) is None:
        return False
    if needs_it(source, folder):
        return install()
    _watch(folder)
    return _state().guest is not None


def uninstall() -> None:
    """The thread's loop is about to end: take gevent off it. The patches stay, and do nothing without a hub."""
    state = _state()
    if state.watcher is not None:
        sys.meta_path.remove(state.watcher)
    if state.guest is not None:
        state.guest.stop()
    _local.state = None
    _local.as_fibers = False


def needs_it(source: bytes, folder: Path) -> bool:
    """Whether a file with this source imports, itself or by a module beside it, something that may block."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return False  # told by whoever loads it
    return any(_may_block(name, folder) for name in _imported(tree))


def _imported(tree: ast.Module) -> Iterator[str]:
    """The first parts of the names of all imported modules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _may_block(name: str, folder: Path | None) -> bool:
    """Whether importing this top-level module means that user code may wait. Unknown packages may."""
    if name in sys.stdlib_module_names:
        return name in _WAITING
    return name not in _HARMLESS and not (folder is not None and _beside(name, folder))


def _beside(name: str, folder: Path) -> Path | None:
    for place in (folder / f"{name}.py", folder / name):
        if place.exists():
            return place
    return None


def _state() -> _State:
    state: _State | None = getattr(_local, "state", None)
    if state is None:
        state = _local.state = _State()
    return state


def _watch(folder: Path | None) -> None:
    """Look at later imports, with `folder` as the place of harmless modules."""
    state = _state()
    if state.watcher is None:
        state.watcher = _ImportWatcher()
        sys.meta_path.insert(0, state.watcher)
    if folder is not None:
        state.watcher.folders.add(folder)


class _ImportWatcher(importlib.abc.MetaPathFinder):
    """Sees each module that is imported for the first time; finds none itself, but for psycopg2."""

    def __init__(self) -> None:
        self.folders: set[Path] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Turn things on if this is the module that needs them."""
        if patch.current_hub() is None:  # another thread's import
            return None
        state = _state()
        if state.guest is None and not state.failed and self._calls_for_it(fullname, path):
            install()
        if fullname == "psycopg2" and state.guest is not None:
            return _hooked(fullname, path, target, lambda module: _cooperate_psycopg2(module))
        return None

    def _calls_for_it(self, fullname: str, path: Sequence[str] | None) -> bool:
        for folder in self.folders:
            place = _beside(fullname.replace(".", "/"), folder)
            if place is not None:
                file = place if place.suffix == ".py" else place / "__init__.py"
                return file.is_file() and needs_it(file.read_bytes(), folder)
        return path is None and _may_block(fullname, None)


class _Loader(importlib.abc.Loader):
    """Another loader, with something to do after the module has run."""

    def __init__(self, real: Any, after: Callable[[ModuleType], None]) -> None:
        self._real = real
        self._after = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._real.exec_module(module)
        self._after(module)


def _hooked(
    name: str, path: Sequence[str] | None, target: ModuleType | None, after: Callable[[ModuleType], None]
) -> importlib.machinery.ModuleSpec | None:
    spec = importlib.machinery.PathFinder.find_spec(name, path, target)
    if spec is not None and spec.loader is not None:
        spec.loader = _Loader(spec.loader, after)
    return spec


def _psycopg2_loaded() -> None:
    module = sys.modules.get("psycopg2")
    if module is not None:
        _cooperate_psycopg2(module)


def _cooperate_psycopg2(module: ModuleType) -> None:
    from swell.runtime.cooperative import cooperate_psycopg2  # noqa: PLC0415 - gevent, loaded by now

    cooperate_psycopg2(module)
