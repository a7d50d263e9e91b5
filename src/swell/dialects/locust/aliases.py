"""Makes `import locust` in a test file lead here, whether or not Locust is installed.

Rules: a finder in front of all others serves the name `locust` and its submodules from the table below; it is installed
when a locustfile is loaded and stays. A module that has a counterpart here IS that counterpart, so that what a file
assigns to (`locust.stats.PERCENTILES_TO_REPORT = ...`) is what counts; the others are made of names from elsewhere.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from swell.dialects.locust.event import Events

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MODULES", "fresh_events", "install"]

_HERE = "swell.dialects.locust"

# Module of Locust -> module here, or a list of modules whose public names it has.
MODULES: dict[str, str | list[str]] = {
    "locust": "names",
    "locust.argument_parser": "argument_parser",
    "locust.clients": "clients",
    "locust.contrib": [],
    "locust.contrib.csv_request_logger": "csv_request_logger",
    "locust.contrib.dns": "contrib.dns",
    "locust.contrib.fasthttp": "fasthttp",
    "locust.contrib.milvus": "contrib.milvus",
    "locust.contrib.mongodb": "contrib.mongodb",
    "locust.contrib.mqtt": "contrib.mqtt",
    "locust.contrib.oai": "contrib.oai",
    "locust.contrib.postgres": "contrib.postgres",
    "locust.contrib.qdrant": "contrib.qdrant",
    "locust.contrib.socketio": "contrib.socketio",
    "locust.debug": "debug",
    "locust.dispatch": "dispatch",
    "locust.env": "env",
    "locust.event": "event",
    "locust.exception": "exception",
    "locust.html": "html",
    "locust.log": "log",
    "locust.main": "legacy_main",
    "locust.rpc": ["messages"],
    "locust.rpc.protocol": "messages",
    "locust.runners": "runners",
    "locust.shape": "shape",
    "locust.stats": "stats",
    "locust.user": ["tasks", "users", "wait_time"],
    "locust.user.inspectuser": "inspectuser",
    "locust.user.markov_taskset": "markov",
    "locust.user.sequential_taskset": ["tasks"],
    "locust.user.task": "tasks",
    "locust.user.users": ["users", "fasthttp"],
    "locust.user.wait_time": "wait_time",
    "locust.inspectlocust": "inspectuser",
    "locust.util": [],
    "locust.util.timespan": "timespan",
    "locust.wait_time": "wait_time",
    "locust.web": "web_names",
}

_ABSENT = {"locust.opentelemetry": "metrics go out with `--out otlp=URL`, without code"}


class _Loader(importlib.abc.Loader):
    """Gives the module that stands behind a name of Locust's."""

    def __init__(self) -> None:
        self._own_spec: importlib.machinery.ModuleSpec | None = None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        behind = MODULES[spec.name]
        if isinstance(behind, str):
            module = importlib.import_module(f"{_HERE}.{behind}")
            self._own_spec = module.__spec__
            return module
        module = ModuleType(spec.name, f"Names of {spec.name}, from Swell.")
        for one in behind:
            source = importlib.import_module(f"{_HERE}.{one}")
            names: Sequence[str] = getattr(source, "__all__", [])
            vars(module).update({name: getattr(source, name) for name in names})
        return module

    def exec_module(self, module: ModuleType) -> None:
        """It has run; it keeps the spec that it was loaded by."""
        if self._own_spec is not None:
            module.__spec__ = self._own_spec


class _Finder(importlib.abc.MetaPathFinder):
    """Finds `locust` and everything below it, and nothing else."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if fullname != "locust" and not fullname.startswith("locust."):
            return None
        if fullname in _ABSENT:
            raise ModuleNotFoundError(f"{fullname}: {_ABSENT[fullname]}", name=fullname)
        if fullname not in MODULES:
            raise ModuleNotFoundError(
                f"No module named {fullname!r} in Swell's locust (see docs/locust.md for what there is)", name=fullname
            )
        return importlib.machinery.ModuleSpec(fullname, _Loader(), is_package=True)


_finder = _Finder()


def install() -> None:
    """Let `locust` mean this package from now on; harmless when done twice."""
    if _finder in sys.meta_path:
        return
    for name in [name for name in sys.modules if name == "locust" or name.startswith("locust.")]:
        del sys.modules[name]
    sys.meta_path.insert(0, _finder)


def fresh_events() -> Events:
    """New events for one load of one test, in place of the ones before."""
    names: Any = importlib.import_module(f"{_HERE}.names")
    names.events = Events()
    return names.events
