"""Decides whether a test file needs cooperative blocking calls, and turns them on for the thread that runs it.

Rules: a file that imports nothing that blocks costs nothing: neither gevent nor the patches are loaded for it. Others
get them before their first line runs. What a module beside the file imports, and what a task imports later, is seen
when it is imported. Only threads with a hub on a real loop are served; elsewhere (the coordinator, virtual time)
blocking calls are what they are in any program. What is turned on is `gevent_guest` and `cooperative`.
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
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    from swell.runtime.gevent_guest import GeventGuest

__all__ = ["install", "needs_it", "prepare", "uninstall"]

# Modules of the standard library that wait, or that are built on such.
_WAITING = frozenset(
    (
        "concurrent",
        "ftplib",
        "http",
        "imaplib",
        "multiprocessing",
        "nntplib",
        "poplib",
        "queue",
        "select",
        "selectors",
        "smtplib",
        "socket",
        "socketserver",
        "ssl",
        "subprocess",
        "telnetlib",
        "threading",
        "urllib",
        "xmlrpc",
    )
)
# Packages that wait for nothing: what Swell itself brings, and what test files often import besides. `locust` is ours
# and waits as a user should; the real one imports gevent, which says all.
_HARMLESS = frozenset(
    (
        "_pytest",
        "attr",
        "attrs",
        "brotli",
        "bs4",
        "click",
        "dateutil",
        "dotenv",
        "faker",
        "greenlet",
        "h11",
        "httptools",
        "idna",
        "jinja2",
        "jsonpath",
        "jsonschema",
        "locust",
        "lxml",
        "markupsafe",
        "msgpack",
        "msgspec",
        "numpy",
        "orjson",
        "pandas",
        "psutil",
        "pydantic",
        "pydantic_core",
        "pytest",
        "pytz",
        "rich",
        "selectolax",
        "simplejson",
        "six",
        "swell",
        "typing_extensions",
        "ujson",
        "uvloop",
        "wsproto",
        "yaml",
        "zstandard",
    )
)
# Clients that wait in C, and what makes them wait in gevent instead (`c_clients`).
_C_CLIENTS = {"grpc": "cooperate_grpc", "psycopg2": "cooperate_psycopg2"}

_MISSING = (
    "gevent cannot be imported (%s), so requests, sockets, locks and the like stall all users of a worker while they"
    " wait; time.sleep, Swell's own client and swell.blocking() do not. Install it: pip install gevent"
)

_local = threading.local()
_guests: set[int] = set()  # the threads that have one


class _State:
    """What is turned on in one thread."""

    def __init__(self) -> None:
        self.guest: GeventGuest | None = None
        self.watcher: _ImportWatcher | None = None
        self.failed = False
        self.installing = False


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
    if state.guest is None and not state.failed and not state.installing:
        # What gevent itself imports must not call for it again.
        state.installing = True
        try:
            from swell.runtime.cooperative import patch_standard_library  # noqa: PLC0415 - gevent, only where needed
            from swell.runtime.gevent_guest import GeventGuest  # noqa: PLC0415 - as above
        except ImportError as error:
            state.failed = True
            logging.getLogger("swell").warning(_MISSING, error)
            return False
        finally:
            state.installing = False
        patch.install()
        state.guest = GeventGuest(hub)
        _guests.add(threading.get_ident())
        patch_standard_library()
        for name in _C_CLIENTS:
            if name in sys.modules:
                _fit(sys.modules[name])
    if state.guest is not None:
        from swell.runtime.threads import cooperative_threads  # noqa: PLC0415 - only where needed

        cooperative_threads(as_fibers=threads_as_fibers or getattr(_local, "as_fibers", False))
        _local.as_fibers = threads_as_fibers or getattr(_local, "as_fibers", False)
        _watch(None)
    return state.guest is not None


def prepare(source: bytes, folder: Path, *, threads_as_fibers: bool = False) -> bool:
    """Before a test file with this source is run: `install` if it needs that, and watch what is imported later.

    `folder` is where modules beside the file are looked for. `threads_as_fibers`: as for `install`, whenever it comes
    to that. Returns whether blocking calls are cooperative now.
    """
    if getattr(patch.current_hub(), "loop", None) is None:
        return False
    _local.as_fibers = threads_as_fibers or getattr(_local, "as_fibers", False)
    if needs_it(source, folder):
        return install()
    _watch(folder)
    return _state().guest is not None


def uninstall() -> None:
    """The thread's loop is about to end: take gevent off it, and with the last such thread the patches."""
    state = _state()
    if state.watcher is not None:
        sys.meta_path.remove(state.watcher)
    if state.guest is not None:
        state.guest.stop()
        _guests.discard(threading.get_ident())
        if not _guests:
            sys.modules["swell.runtime.cooperative"].unpatch_standard_library()
            sys.modules["swell.runtime.threads"].plain_threads()
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
    """Sees each module that is imported for the first time; finds only `_C_CLIENTS` and Swell's own."""

    def __init__(self) -> None:
        self.folders: set[Path] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Turn things on if this is the module that needs them."""
        if patch.current_hub() is None:  # another thread's import
            return None
        state = _state()
        if state.guest is None and not (state.failed or state.installing) and self._calls_for_it(fullname, path):
            install()
        if state.guest is not None and (fullname in _C_CLIENTS or fullname.startswith("swell.")):
            return _hooked(fullname, path, target)
        return None

    def _calls_for_it(self, fullname: str, path: Sequence[str] | None) -> bool:
        for folder in self.folders:
            place = _beside(fullname.replace(".", "/"), folder)
            if place is not None:
                file = place if place.suffix == ".py" else place / "__init__.py"
                return file.is_file() and needs_it(file.read_bytes(), folder)
        return path is None and _may_block(fullname, None)


class _Loader(importlib.abc.Loader):
    """Another loader, and what is to be done once the module has run."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """As the other loader."""
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """As the other loader, then make it fit."""
        self._real.exec_module(module)
        _fit(module)


def _hooked(name: str, path: Sequence[str] | None, target: ModuleType | None) -> importlib.machinery.ModuleSpec | None:
    spec = importlib.machinery.PathFinder.find_spec(name, path, target)
    if spec is not None and spec.loader is not None:
        spec.loader = _Loader(spec.loader)
    return spec


def _fit(module: ModuleType) -> None:
    """Make a client cooperative; let a module of Swell keep the real sockets."""
    from swell.runtime import c_clients, cooperative  # noqa: PLC0415 - gevent, loaded by now

    fit = _C_CLIENTS.get(module.__name__)
    if fit is None:
        cooperative.keep_real(module)
    else:
        getattr(c_clients, fit)(module)
