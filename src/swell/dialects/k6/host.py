"""What scripts of k6 find around them: modules, globals, files.

Rules: one host per process. A file in `modules/` offers `modules()`, and `js_globals()` if it has globals; `MODULES`
names them. What k6 has and Swell has not is refused by name, with what to do.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swell.dialects.javascript import DiskFiles, HostFunction, HostModule, JsHost, JsLimits, JsThrow, Resolver
from swell.dialects.k6.jslib import host as jslib
from swell.dialects.k6.jslib.catalog import equivalents
from swell.engine.script import AbortRun, StopVirtualUser

if TYPE_CHECKING:
    from swell.dialects.k6.instance import K6Instance
    from swell.dialects.k6.settings import K6Test

__all__ = ["MODULES", "make_host", "make_resolver"]

_PACKAGE = "swell.dialects.k6.modules"
MODULES = (
    "k6",
    "metrics",
    "execution",
    "data",
    "http",
    "html",
    "crypto",
    "webcrypto",
    "encoding",
    "timers",
    "secrets",
    "ws",
    "websockets",
    "grpc",
    "fs",
    "csv_rows",
    "streams",
    "redis",
)
"""The files in `modules/`."""

_GONE = {
    "k6/browser": "browsers are not supported; drive one with Playwright in a Python test (swell run)",
    "k6/experimental/browser": "browsers are not supported; drive one with Playwright in a Python test (swell run)",
    "k6/experimental/tracing": "k6 has removed it",
}


def make_host(instance: K6Instance) -> JsHost:
    """The host of one process."""
    modules: dict[str, HostModule] = {"swell:k6/entry": _entry()}
    globals_: dict[str, object] = {"open": HostFunction(_open, "caller")}
    for name in MODULES:
        module = _module(f"{_PACKAGE}.{name}")
        if module is None:
            continue
        modules |= module.modules()
        js_globals: Callable[[], Mapping[str, object]] | None = getattr(module, "js_globals", None)
        if js_globals is not None:
            globals_ |= js_globals()
    modules |= jslib.modules()
    return JsHost(
        modules=modules,
        globals=globals_,
        console=lambda _, level, text: instance.console(level, text),
        limits=JsLimits(run_seconds=30.0),
        fatal=(AbortRun, StopVirtualUser),
    )


def make_resolver(test: K6Test) -> Resolver:
    """How the imports of a test are found."""
    files: Any = _ArchiveFiles(Path(test.files_root)) if test.files_root else DiskFiles()
    vendor = _vendor(test)
    return Resolver(manner="k6", files=files, advice=_advice, vendor=vendor, equivalent=equivalents([vendor]))


def _vendor(test: K6Test) -> Path:
    """The first vendor folder that is there, or where one would be."""
    folders = [*test.vendor, *(str(Path(test.script).parent / name) for name in ("k6-vendor", "vendor"))]
    return Path(next((folder for folder in folders if Path(folder).is_dir()), folders[0]))


def _module(name: str) -> Any:
    """A module of the package; None if Swell is too young to have it."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name and not name.startswith(f"{error.name}."):
            raise
        return None


def _advice(specifier: str) -> str | None:
    """What to say about a module that cannot be had."""
    if specifier in _GONE:
        return f"cannot import {specifier!r}: {_GONE[specifier]}"
    if specifier.startswith("k6/x/"):
        return f"cannot import {specifier!r}: extensions of k6 are written in Go and do not run here"
    if specifier == "k6" or specifier.startswith("k6/"):
        return f"cannot import {specifier!r}: k6 has no such module"
    return None


def _entry() -> HostModule:
    source = resources.files(__package__ or "").joinpath("entry.js").read_text("utf-8")
    return HostModule({"env": HostFunction(_env, "raw"), "number": HostFunction(_number, "raw")}, source)


def _env(context: Any) -> str:
    return json.dumps(context.state.env, ensure_ascii=True)


def _number(context: Any) -> int:
    return context.state.number


def _open(context: Any, caller: str, path: Any = None, mode: Any = "") -> Any:
    """open(path[, "b"]): a file's text or bytes, in init code only."""
    vu = context.state
    if vu.phase != "init":
        raise JsThrow("Error", "open() works in init code only: call it at the top of the script")
    if not isinstance(path, str) or not path:
        raise JsThrow("TypeError", "open() needs the path of a file")
    instance: K6Instance = vu.worker
    what = f"open({path!r})"
    found = instance.find_file(path, caller, what)
    content = instance.read_file(found, what)
    return content if mode == "b" else instance.shared.read_text(instance.resolver.files, found)


class _ArchiveFiles(DiskFiles):
    """The files of an unpacked archive: absolute paths are those in the archive."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def _place(self, path: str) -> str:
        return path if Path(path).is_relative_to(self._root.parent) else str(self._root / path.lstrip("/"))

    def read(self, path: str) -> bytes:
        """As `JsFiles.read`."""
        return super().read(self._place(path))

    def exists(self, path: str) -> bool:
        """As `JsFiles.exists`."""
        return super().exists(self._place(path))
