"""Where a specifier leads: to a module of the host, to a file, or to a clear message.

Rules: a module's key is its absolute path, its URL (remote files from the vendor folder) or the host's name; keys are
what error messages show. Two manners: "k6" (no bare names, extensions are mandatory) and "node" (bare names from the
nearest node_modules, extensions and index files are tried). Nothing is ever fetched: an `https:` import is served by
a module of the host, by the vendor folder, or refused. All reading goes through `JsFiles`, so that an archive can
stand in for the disk.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, cast
from urllib.parse import unquote, urljoin, urlsplit

from swell.dialects.javascript.imports import BUILTIN, Target

__all__ = ["DiskFiles", "JsFiles", "Resolver", "file_url", "is_remote"]

_TRIED = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".json")
_CONDITIONS = ("import", "module", "require", "node", "default")


class JsFiles(Protocol):
    """Where files come from."""

    def read(self, path: str) -> bytes:
        """The content. Raises OSError."""
        ...

    def exists(self, path: str) -> bool:
        """Whether a file (no directory) is there."""
        ...


class DiskFiles:
    """The real file system."""

    def read(self, path: str) -> bytes:
        """As `JsFiles.read`."""
        return Path(path).read_bytes()

    def exists(self, path: str) -> bool:
        """As `JsFiles.exists`."""
        return Path(path).is_file()


def is_remote(key: str) -> bool:
    """Whether a key or a specifier is a URL of another machine."""
    return key.startswith(("https://", "http://"))


def file_url(key: str) -> str:
    """The URL of a key."""
    return key if is_remote(key) else Path(key).as_uri() if key.startswith("/") else key


@dataclass(slots=True)
class Resolver:
    """How specifiers are resolved.

    `builtins`: names of the host's modules. `equivalent(url)`: the host's module for a remote library, or None.
    `vendor`: a folder with remote files at `<host>/<path>`. `advice(specifier)`: what to tell about a name that
    cannot be had (None: nothing special).
    """

    builtins: Collection[str] = ()
    manner: Literal["k6", "node"] = "k6"
    files: JsFiles = field(default_factory=DiskFiles)
    equivalent: Callable[[str], str | None] = lambda _url: None
    vendor: Path | None = None
    advice: Callable[[str], str | None] = lambda _specifier: None

    def read(self, key: str) -> bytes:
        """The content behind a key. Raises OSError."""
        return self.files.read(self._stored(key))

    def _stored(self, key: str) -> str:
        if not is_remote(key):
            return key
        parts = urlsplit(key)
        return str((self.vendor or Path()) / parts.netloc / unquote(parts.path).lstrip("/"))

    def locate(self, specifier: str, importer: str) -> Target | str:
        """The target; its kind is BUILTIN, or -1 for a file whose kind its content tells. Raises ValueError.

        The message of the ValueError says what is wrong and what to do.
        """
        if specifier in self.builtins:
            return Target(BUILTIN, specifier)
        if self.manner == "node" and specifier.removeprefix("node:") in self.builtins:
            return Target(BUILTIN, specifier.removeprefix("node:"))
        if specifier.startswith("http://"):
            raise ValueError(f"cannot import {specifier!r}: only https:// is allowed for remote modules")
        if is_remote(specifier):
            return self._remote(specifier)
        if is_remote(importer) and specifier.startswith((".", "/")):
            return self._remote(urljoin(importer, specifier))
        if specifier.startswith("file:"):
            return self._file(unquote(urlsplit(specifier).path), specifier)
        if specifier.startswith(("./", "../", "/")) or specifier in {".", ".."}:
            path = specifier if specifier.startswith("/") else posixpath.join(posixpath.dirname(importer), specifier)
            return self._file(posixpath.normpath(path), specifier)
        special = self.advice(specifier)
        if special:
            raise ValueError(special)
        if self.manner == "node":
            return self._package(specifier, importer)
        raise ValueError(
            f"cannot import {specifier!r}: packages cannot be imported by name; use a relative path such as "
            f"'./{specifier.rsplit('/', maxsplit=1)[-1]}.js'"
        )

    def path(self, specifier: str, importer: str) -> str:
        """Where a relative specifier points to, whether or not anything is there (import.meta.resolve)."""
        if is_remote(specifier) or specifier in self.builtins:
            return specifier
        if specifier.startswith("file:"):
            return unquote(urlsplit(specifier).path)
        if is_remote(importer):
            return urljoin(importer, specifier)
        return posixpath.normpath(posixpath.join(posixpath.dirname(importer), specifier))

    def _remote(self, url: str) -> Target | str:
        name = self.equivalent(url)
        if name is not None:
            return Target(BUILTIN, name)
        if self.vendor is not None and self.files.exists(self._stored(url)):
            return url
        where = self._stored(url) if self.vendor is not None else f"<vendor folder>/{url.split('://', 1)[1]}"
        raise ValueError(f"cannot import {url!r}: nothing is downloaded; save the file as {where}")

    def _file(self, path: str, specifier: str) -> str:
        if self.files.exists(path):
            return path
        found = self._tried(path)
        if found and self.manner == "node":
            return found
        hint = f"; did you mean {specifier}{found[len(path) :]!s}?" if found else ""
        raise ValueError(f"cannot find {specifier!r}: there is no file {path}{hint}")

    def _tried(self, path: str) -> str | None:
        for extension in _TRIED:
            if self.files.exists(path + extension):
                return path + extension
        for extension in _TRIED:
            if self.files.exists(f"{path}/index{extension}"):
                return f"{path}/index{extension}"
        return None

    # Packages, as Node finds them.

    def _package(self, specifier: str, importer: str) -> str:
        parts = specifier.split("/")
        size = 2 if specifier.startswith("@") else 1
        name, inner = "/".join(parts[:size]), "/".join(parts[size:])
        folder: str = posixpath.dirname(importer)
        while True:
            root = posixpath.join(folder, "node_modules", name)
            found = self._entry(root, inner)
            if found:
                return found
            if folder in {"/", ""}:
                break
            folder = str(posixpath.dirname(folder))
        raise ValueError(
            f"cannot find the package {name!r}: no node_modules folder from {posixpath.dirname(importer)} upwards has "
            f"it (npm install {name}), or it has no JavaScript that runs outside of Node"
        )

    def _entry(self, root: str, inner: str) -> str | None:
        manifest: dict[str, Any] = {}
        if self.files.exists(f"{root}/package.json"):
            try:
                manifest = json.loads(self.files.read(f"{root}/package.json"))
            except ValueError:
                manifest = {}
        exports = manifest.get("exports")
        if exports is not None:
            path = _exported(exports, f"./{inner}" if inner else ".")
            if path and self.files.exists(posixpath.join(root, path)):
                return posixpath.normpath(posixpath.join(root, path))
        wanted = inner or str(manifest.get("main") or manifest.get("module") or "index.js")
        path = posixpath.normpath(posixpath.join(root, wanted))
        return path if self.files.exists(path) else self._tried(path)


def _exported(exports: Any, wanted: str) -> str | None:
    """The path that a package's `exports` gives for a subpath, by the conditions we meet."""
    if isinstance(exports, str):
        return exports if wanted == "." else None
    if isinstance(exports, list):
        return next((path for one in cast("list[Any]", exports) if (path := _exported(one, wanted))), None)
    if not isinstance(exports, dict):
        return None
    table = cast("dict[str, Any]", exports)
    if not any(key.startswith(".") for key in table):
        return next((p for name in _CONDITIONS if name in table and (p := _exported(table[name], wanted))), None)
    if wanted in table:
        return _exported(table[wanted], ".")
    for pattern, value in table.items():
        head, star, tail = pattern.partition("*")
        if star and wanted.startswith(head) and wanted.endswith(tail):
            path = _exported(value, ".")
            return path.replace("*", wanted[len(head) : len(wanted) - len(tail) or None]) if path else None
    return None
