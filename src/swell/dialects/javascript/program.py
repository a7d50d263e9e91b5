"""A script with everything it imports, compiled once per worker; contexts are made from it, one per user.

Rules: `JsProgram(...)` reads, resolves, rewrites and compiles the whole static graph, so that mistakes in any file
show before a user starts; `require()`s that cannot be found are errors only when they run. Modules that only running
code names are added when they are first asked for, and then shared as well. Bytecode is loaded into contexts; no
context parses a script again.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swell.dialects.javascript.errors import JsImportError, JsSyntaxError, excerpt, parse_stack
from swell.dialects.javascript.host import KINDS, HostFunction, JsHost
from swell.dialects.javascript.imports import BUILTIN, COMMONJS, ESM, JSON, Analysis, Dependency, Target, analyse
from swell.dialects.javascript.imports import rewrite as rewrite_imports
from swell.dialects.javascript.native import native
from swell.dialects.javascript.resolve import Resolver
from swell.dialects.javascript.services import OWN_CALLS, value_call
from swell.dialects.javascript.syntax import Columns, apply, kind_of_grammar, parse
from swell.dialects.javascript.typescript import strip_types
from swell.dialects.javascript.values import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from tree_sitter import Tree

__all__ = ["JsModule", "JsProgram", "Table"]

_CJS_NAMES = re.compile(r"(?:\bexports|module\.exports)\.([A-Za-z_$][\w$]*)\s*=(?!=)")
_CJS_OBJECT = re.compile(r"module\.exports\s*=\s*\{([^{}]*)")
_CJS_HEAD = "(function (exports, require, module, __filename, __dirname) {"


class JsModule:
    """One file of the graph."""

    def __init__(self, key: str, source: bytes) -> None:
        self.key = key
        self.source = source
        self.kind = JSON
        self.analysis = Analysis(esm=False, dependencies=[], exports=set(), edits=[])
        self.targets: dict[int, Target] = {}
        self.tree: Tree | None = None
        self.partial = False  # the tree has errors, so the names of exports may be incomplete
        self.columns = Columns()
        self.shift = 0  # characters before the user's first line
        self.compiled = ""  # what the engine got, if it is not plain ASCII: its columns count bytes
        self.code: bytes | None = None

    @property
    def text(self) -> str:
        """The user's source."""
        return self.source.decode("utf-8", "replace")


class Table:
    """The host's functions by number, and how its modules and globals are told to a context."""

    def __init__(self, host: JsHost) -> None:
        self.calls: list[Callable[..., Any]] = [*OWN_CALLS]
        self.host = host
        self.modules: dict[str, str] = {
            name: json.dumps([self._entries(module.exports), module.source is not None])
            for name, module in host.modules.items()
        }
        extras = {"URL": ("URL", "url"), "URLSearchParams": ("URLSearchParams", "url")}
        lazy = [["console", "console"], ["TextEncoder", "encoding"], ["TextDecoder", "encoding"]]
        if "URL" in host.extras:
            lazy += [list(pair) for pair in extras.values()]
        if "structuredClone" in host.extras:
            lazy.append(["structuredClone", "clone"])
        remove = ["SharedArrayBuffer", "Atomics", "FinalizationRegistry"]
        remove += [] if "base64" in host.extras else ["atob", "btoa"]
        self.start = json.dumps(
            {
                "remove": remove,
                "lazy": lazy,
                "globals": self._entries(host.globals),
                "global": host.global_alias,
            }
        )

    def _entries(self, exports: Mapping[str, object]) -> list[list[Any]]:
        entries: list[list[Any]] = []
        for name, value in exports.items():
            if callable(value) and not isinstance(value, HostFunction):
                value = HostFunction(value)  # noqa: PLW2901 - the plain form of the same thing
            if isinstance(value, HostFunction):
                self.calls.append(value.call if value.kind == "raw" else value_call(value))
                entries.append([name, KINDS[value.kind], len(self.calls) - 1])
            else:
                text, marked = encode(value)
                entries.append([name, 5 if marked else 4, json.loads(text)])
        return entries


class JsProgram:
    """One script of a host. Raises JsProgramError (syntax, imports) with the user's place, EngineMismatch."""

    def __init__(
        self,
        main: str | Path,
        host: JsHost | None = None,
        resolver: Resolver | None = None,
        *,
        source: str | None = None,
    ) -> None:
        self.host = host or JsHost()
        self.resolver = resolver or Resolver()
        self.resolver.builtins = {*self.resolver.builtins, *self.host.modules}
        self.main = str(main) if str(main).startswith(("/", "https://")) else str(Path(main).absolute())
        self.modules: dict[str, JsModule] = {}
        self.table = Table(self.host)
        self._native = native()
        self._compiler = self._native.new_context()
        self._compiler_runtime, self._inner = self._native.pointers(self._compiler)
        self._native.stub_imports(self._compiler_runtime)
        self._parts: dict[tuple[int, str], bytes] = {}
        self._add(self.main, source.encode() if source is not None else None)

    @property
    def main_kind(self) -> int:
        """ESM, COMMONJS or JSON (imports.py)."""
        return self.modules[self.main].kind

    # The graph.

    def _add(self, key: str, source: bytes | None = None) -> JsModule:
        """Read a module and all it imports, then compile what is new."""
        fresh: list[JsModule] = []
        first = self._read(key, source, fresh)
        waiting = [first]
        while waiting:
            module = waiting.pop()
            for dependency in module.analysis.dependencies:
                if dependency.empty:
                    continue
                try:
                    located = self.resolver.locate(dependency.specifier, module.key)
                    if isinstance(located, str):
                        known = len(fresh)
                        kind = self._read(located, None, fresh).kind
                        waiting += fresh[known:]
                        located = Target(kind, located)
                except (ValueError, OSError) as error:
                    if dependency.static:
                        self._forget(fresh)
                        raise _import_error(module, dependency, error) from None
                    continue
                except JsSyntaxError:
                    self._forget(fresh)
                    raise
                module.targets[dependency.start] = located
        try:
            for module in fresh:
                self._check_names(module)
            for module in fresh:
                self._compile(module)
        except (JsSyntaxError, JsImportError):
            self._forget(fresh)
            raise
        return first

    def _forget(self, modules: list[JsModule]) -> None:
        for module in modules:
            self.modules.pop(module.key, None)

    def _read(self, key: str, source: bytes | None, fresh: list[JsModule]) -> JsModule:
        known = self.modules.get(key)
        if known is not None:
            return known
        content = self.resolver.read(key) if source is None else source
        module = JsModule(key, content.removeprefix(b"\xef\xbb\xbf"))
        if key.endswith(".json"):
            try:
                json.loads(module.source)
            except ValueError as error:
                raise JsSyntaxError(f"not valid JSON: {error}", key) from None
        else:
            self._analyse(module)
        self.modules[key] = module
        fresh.append(module)
        return module

    def _analyse(self, module: JsModule) -> None:
        grammar = kind_of_grammar(module.key)
        tree = module.tree = parse(module.source, grammar)
        module.partial = tree.root_node.has_error
        edits, used = ([], None) if grammar == "javascript" else strip_types(tree, module.source, module.key)
        module.analysis = analyse(tree, module.source, grammar, used)
        module.analysis.edits += edits
        esm = module.analysis.esm or module.key.endswith((".mjs", ".mts"))
        module.kind = ESM if esm and not module.key.endswith((".cjs", ".cts")) else COMMONJS

    def _compile(self, module: JsModule) -> None:
        if module.kind == JSON or module.tree is None:
            return
        edits, before = rewrite_imports(
            module.analysis,
            module.tree,
            module.source,
            kind_of_grammar(module.key),
            module.key,
            target_of=lambda dependency: module.targets[dependency.start],
            names_of=self._star_names,
            has_name=lambda target, name: self._provides(target.key, name),
        )
        text, module.columns = apply(module.source, edits)
        module.tree = None  # large, and never needed again
        if module.kind == COMMONJS:
            before = _CJS_HEAD + before
            text += "\n})"
        module.shift = len(before)
        module.compiled = "" if text.isascii() else before + text
        try:
            module.code = self._native.compile(self._inner, before + text, module.key, module=module.kind == ESM)
        except ValueError as error:
            raise self._told(module, text, error) from None

    def _told(self, module: JsModule, text: str, error: ValueError) -> JsSyntaxError:
        """What is wrong with a file. One that is too broken to show that it is an ES module is asked again as one."""
        if module.kind == COMMONJS and module.partial and "unsupported keyword" in str(error):
            module.kind, module.shift, module.compiled = ESM, 0, ""
            try:
                self._native.compile(self._inner, text.removesuffix("\n})"), module.key, module=True)
            except ValueError as better:
                error = better
        return self._syntax_error(module, *error.args)

    def _syntax_error(self, module: JsModule, message: str, stack: str = "") -> JsSyntaxError:
        frames = parse_stack(stack, self.column_of)
        line, column = (frames[0].line, frames[0].column) if frames else (0, 0)
        count = module.text.count("\n") + 1
        if line > count:  # the end of our wrapper: the file ends too early
            line, column = count, len(module.text.splitlines()[-1]) + 1 if module.text else 1
        message = message.removeprefix("SyntaxError: ")
        if line == count and message.endswith(": ''"):
            message = "the file ends too early: a bracket or a quote is not closed"
        return JsSyntaxError(message, module.key, line, column, excerpt(module.text, line, column))

    def _star_names(self, target: Target) -> Collection[str]:
        """What `export *` gives of a module that is no ES module."""
        if target.kind == BUILTIN:
            given = self.host.modules[target.key]
            names = {*given.exports, *_CJS_NAMES.findall(given.source or "")}
            return sorted(name for name in names if name.isidentifier() and name != "default")
        module = self.modules[target.key]
        if target.kind == JSON:
            data: Any = json.loads(module.source)
            return [str(name) for name in data if str(name).isidentifier()] if isinstance(data, dict) else []  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]
        names = set(_CJS_NAMES.findall(module.text))
        for listed in _CJS_OBJECT.findall(module.text):
            names |= {part.split(":")[0].strip() for part in listed.split(",")}
        return {name for name in names if name.isidentifier() and name != "default"}

    def _provides(self, key: str, name: str, seen: tuple[str, ...] = ()) -> bool:
        """Whether an ES module has, or may have, an export of this name."""
        module = self.modules[key]
        if name in module.analysis.exports or module.partial:
            return True
        if name == "default" or key in seen:
            return False
        for dependency in module.analysis.dependencies:
            if dependency.exported and dependency.names == [("*", "*")]:
                target = module.targets[dependency.start]
                if target.kind != ESM or self._provides(target.key, name, (*seen, key)):
                    return True
        return False

    def _check_names(self, module: JsModule) -> None:
        """Missing exports of ES modules are told with their place; what may be a type in TypeScript is left out."""
        for dependency in module.analysis.dependencies:
            if not dependency.static or dependency.empty:
                continue
            target = module.targets[dependency.start]
            if target.kind != ESM or kind_of_grammar(target.key) != "javascript":
                continue
            missing = [n for n, _ in dependency.names if n != "*" and not self._provides(target.key, n)]
            if missing and kind_of_grammar(module.key) == "javascript":
                raise _import_error(module, dependency, ValueError(f"{target.key} has no export {missing[0]!r}"))

    # What contexts ask.

    def resolve(self, specifier: str, importer: str) -> Target:
        """Resolve while a script runs. Raises ValueError, OSError, JsSyntaxError."""
        located = self.resolver.locate(specifier, importer)
        if isinstance(located, Target):
            return located
        module = self.modules.get(located) or self._add(located)
        return Target(module.kind, located)

    def part(self, what: int, name: str) -> bytes:
        """Bytecode of: 0 a part of our own, 1 a host module's source, 2 a CommonJS file."""
        if what == 2:
            return self.modules[name].code or b""
        code = self._parts.get((what, name))
        if code is None:
            if what == 0:
                code = _own_part(name)
            else:
                body = self.host.modules[name].source
                code = self._native.compile(
                    self._inner,
                    f"(function (host, exports, core) {{{body}\n}})",
                    f"swell:{name}",
                    module=False,
                    own=True,
                )
            self._parts[what, name] = code
        return code

    def column_of(self, file: str, line: int, column: int) -> int:
        """The user's column of one that the engine tells."""
        module = self.modules.get(file)
        if module is None:
            return column
        if module.compiled:
            text = module.compiled.split("\n", line)[line - 1 : line]
            column = len("".join(text).encode()[: column - 1].decode("utf-8", "ignore")) + 1
        if line == 1:
            column = max(1, column - module.shift)
        return module.columns.original(line, column)

    @property
    def files(self) -> list[str]:
        """The keys of all files of the graph, the main file first."""
        return list(self.modules)


def _import_error(module: JsModule, dependency: Dependency, error: Exception) -> JsImportError:
    message = f"cannot read {error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
    shown = excerpt(module.text, dependency.line, dependency.column)
    return JsImportError(message, module.key, dependency.line, dependency.column, shown)


@cache
def _own_part(name: str) -> bytes:
    """Bytecode of one of our own .js files, compiled once per process."""
    if name == "load":
        source = "(function (key) { return import(key); })"
    else:
        source = resources.files(__package__ or "").joinpath(f"{name}.js").read_text("utf-8")
    engine = native()
    context = engine.new_context()
    _, inner = engine.pointers(context)
    # An import() needs the place it stands at.
    return engine.compile(inner, source, f"swell:{name}", module=False, own=name != "load")
