"""The module k6/experimental/fs: files opened in init code and read piece by piece (fs.js is the script's side).

Rules: a file's content is held once per process, whatever the number of VUs; where a VU is in it, the script knows. A
file can be opened in init code only, as with open().
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from swell.dialects.javascript import HostFunction, HostModule, JsThrow

if TYPE_CHECKING:
    from swell.dialects.k6.vu import K6Vu

__all__ = ["modules", "opened"]


def modules() -> Mapping[str, HostModule]:
    """The module k6/experimental/fs."""
    exports: dict[str, object] = {"open": HostFunction(_open, "caller"), "read": HostFunction(_read)}
    source = resources.files(__package__ or "").joinpath("fs.js").read_text("utf-8")
    return {"k6/experimental/fs": HostModule(exports, source)}


def opened(context: Any, path: Any) -> bytes:
    """The content of a file that this script has opened. Raises JsThrow."""
    vu: K6Vu = context.state
    if path not in vu.worker.opened:
        raise JsThrow("TypeError", "this needs a file that open() of k6/experimental/fs gave")
    return vu.worker.opened[path]


def _open(context: Any, caller: str, path: Any = None) -> list[Any]:
    vu: K6Vu = context.state
    if vu.phase != "init":
        raise JsThrow("Error", "fs.open() works in init code only: call it at the top of the script")
    if not isinstance(path, str) or not path:
        raise JsThrow("TypeError", "fs.open() needs the path of a file")
    what = f"fs.open({path!r})"
    found = vu.worker.find_file(path, caller, what)
    return [found, PurePath(found).name, len(vu.worker.read_file(found, what))]


def _read(context: Any, path: str, start: int, size: int) -> bytes:
    return opened(context, path)[int(start) : int(start) + int(size)]
