"""What a file imports and exports, read from its syntax tree; and the file rewritten so that the engine can load it.

Rules: imports of other ES modules stay imports (the engine links them: live bindings, cycles, top-level await), with
the resolved key as specifier. Imports of the host's modules, of CommonJS and of JSON become constants at the start of
the first line, so that a name which the other side lacks is undefined and no error, as in k6. `import()` and
`import.meta` become calls of `$swell` (modules.js). In TypeScript, imports that only types use vanish.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from swell.dialects.javascript.syntax import Edit, find, place, string_value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from tree_sitter import Node, Tree

__all__ = ["BUILTIN", "COMMONJS", "ESM", "JSON", "Analysis", "Dependency", "Target", "analyse", "rewrite"]

BUILTIN, ESM, COMMONJS, JSON = 0, 1, 2, 3  # the numbers that modules.js and commonjs.js know

_CALLS = """
(call_expression function: (import) @import arguments: (arguments) @import_arguments)
(meta_property) @meta
((call_expression function: (identifier) @called) (#eq? @called "require"))
(call_expression function: (identifier) @require arguments: (arguments . (string) @required) (#eq? @require "require"))
"""
_OWN_REQUIRE = re.compile(rb"\b(?:const|let|var|function|as)\s+require\b|[{,]\s*require\s*[,}]")
_AWAITS = "(await_expression) @await"
_FUNCTIONS = frozenset(
    {"function_declaration", "function_expression", "arrow_function", "method_definition", "generator_function"}
    | {"generator_function_declaration", "class_static_block", "field_definition", "public_field_definition"}
)


@dataclass(frozen=True, slots=True)
class Target:
    """What a specifier resolved to: a kind (above) and the module's key."""

    kind: int
    key: str


@dataclass(slots=True)
class Dependency:
    """One import or re-export statement (or a literal require or import())."""

    specifier: str
    start: int
    end: int
    line: int
    column: int
    names: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])  # (imported or "default" or "*", local)
    exported: bool = False  # export ... from
    static: bool = True  # False: require() and import() are resolved again while the script runs
    empty: bool = False  # the statement names nothing because only types were named


@dataclass(slots=True)
class Analysis:
    """One file's imports and exports."""

    esm: bool
    dependencies: list[Dependency]
    exports: set[str]
    edits: list[Edit]
    awaits: bool = False


def analyse(tree: Tree, source: bytes, grammar: str, used: Collection[str] | None) -> Analysis:
    """Read a file. `used`: in TypeScript, the names that code uses as values; None keeps all imports."""
    found = Analysis(esm=False, dependencies=[], exports=set(), edits=[])
    for node in tree.root_node.children:
        if node.type == "import_statement":
            found.esm = _read_import(node, source, found, used) or found.esm
        elif node.type == "export_statement":
            found.esm = _read_export(node, source, found, used) or found.esm
    calls = find(tree, grammar, _CALLS)
    found.esm = found.esm or any(_text(node, source).startswith("import") for node in calls.get("meta", ()))
    if not found.esm:
        awaits = find(tree, grammar, _AWAITS).get("await", ())
        found.esm = found.awaits = any(_at_top(node) for node in awaits)
    for node in calls.get("required", ()):
        found.dependencies.append(_dependency(node, source, static=False))
    for node in calls.get("import_arguments", ()):
        literal = next((child for child in node.named_children if child.type != "comment"), None)
        if literal is not None and literal.type == "string":
            found.dependencies.append(_dependency(literal, source, static=False))
    return found


def _text(node: Node, source: bytes) -> str:
    return source[node.start_byte : node.end_byte].decode("utf-8", "replace")


def _at_top(node: Node) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.type in _FUNCTIONS:
            return False
        parent = parent.parent
    return True


def _dependency(literal: Node, source: bytes, *, static: bool = True, statement: Node | None = None) -> Dependency:
    at = statement or literal
    line, column = place(literal, source)
    return Dependency(string_value(literal, source), at.start_byte, at.end_byte, line, column, static=static)


def _name(node: Node, source: bytes) -> str:
    return string_value(node, source) if node.type == "string" else _text(node, source)


def _is_type(node: Node) -> bool:
    """`import type`, `export type`, and `type` before one name."""
    return any(child.type in {"type", "typeof"} for child in node.children)


def _read_import(node: Node, source: bytes, found: Analysis, used: Collection[str] | None) -> bool:
    """Whether the statement makes the file an ES module."""
    literal = node.child_by_field_name("source")
    if literal is None or _is_type(node):
        # `import type ...` vanishes in typescript.py; `import x = require()` becomes a require() there.
        return literal is not None
    dependency = _dependency(literal, source, statement=node)
    clause = next((child for child in node.children if child.type == "import_clause"), None)
    for child in clause.children if clause else ():
        if child.type == "identifier":
            dependency.names.append(("default", _text(child, source)))
        elif child.type == "namespace_import":
            dependency.names.append(("*", _text(child.named_children[-1], source)))
        elif child.type == "named_imports":
            dependency.names += _specifiers(child, "import_specifier", source)
    if clause is not None and used is not None:
        kept = [pair for pair in dependency.names if pair[1] in used]
        dependency.empty = not kept
        dependency.names = kept
    found.dependencies.append(dependency)
    return True


def _specifiers(node: Node, kind: str, source: bytes) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for child in node.named_children:
        name = child.child_by_field_name("name") if child.type == kind else None
        if name is None or _is_type(child):
            continue
        alias = child.child_by_field_name("alias")
        pairs.append((_name(name, source), _name(alias or name, source)))
    return pairs


def _read_export(node: Node, source: bytes, found: Analysis, used: Collection[str] | None) -> bool:
    """As `_read_import`. `used` names no types, so a local `export {T}` of a type is dropped by it."""
    kinds = {child.type for child in node.children}
    if "=" in kinds:  # export = x: CommonJS, see typescript.py
        return False
    if "type" in kinds:
        return True
    literal = node.child_by_field_name("source")
    clause = next((child for child in node.children if child.type == "export_clause"), None)
    pairs = _specifiers(clause, "export_specifier", source) if clause else []
    if literal is None:
        if used is not None:
            pairs = [pair for pair in pairs if pair[0] in used]
        found.exports |= {exported for _, exported in pairs} | _declared(node, source)
        if clause is not None and used is not None:
            found.edits.append(Edit(clause.start_byte, clause.end_byte, _clause(pairs)))
        return True
    dependency = _dependency(literal, source, statement=node)
    dependency.exported = True
    star = next((child for child in node.children if child.type == "namespace_export"), None)
    if star is not None:
        pairs = [("*", _name(star.named_children[-1], source))]
    dependency.empty = clause is not None and not pairs and bool(clause.named_children)
    dependency.names = pairs or ([] if clause is not None else [("*", "*")])
    found.exports |= {exported for _, exported in dependency.names}
    found.dependencies.append(dependency)
    return True


def _declared(node: Node, source: bytes) -> set[str]:
    """The names that an exported declaration makes; patterns give all their identifiers, which does no harm."""
    if any(child.type == "default" for child in node.children):
        return {"default"}
    declaration = node.child_by_field_name("declaration")
    if declaration is None or declaration.type in {"interface_declaration", "type_alias_declaration"}:
        return set()
    if declaration.type == "ambient_declaration":
        return set()
    name = declaration.child_by_field_name("name")
    if declaration.type == "import_alias":
        name = declaration.named_children[0]
    if name is not None:
        return {_text(name, source).split(".")[0]}
    names: set[str] = set()
    waiting = [
        found for child in declaration.named_children if (found := child.child_by_field_name("name")) is not None
    ]
    while waiting:
        pattern = waiting.pop()
        if pattern.type in {"identifier", "shorthand_property_identifier_pattern"}:
            names.add(_text(pattern, source))
        waiting += pattern.named_children
    return names


def _clause(pairs: list[tuple[str, str]]) -> str:
    return "{" + ", ".join(a if a == b else f"{_quoted(a)} as {_quoted(b)}" for a, b in pairs) + "}"


def _quoted(name: str) -> str:
    return name if name.isidentifier() or name.replace("$", "_").isidentifier() else json.dumps(name)


def rewrite(
    analysis: Analysis,
    tree: Tree,
    source: bytes,
    grammar: str,
    key: str,
    *,
    target_of: Callable[[Dependency], Target],
    names_of: Callable[[Target], Collection[str]],
    has_name: Callable[[Target, str], bool],
) -> tuple[list[Edit], str]:
    """The edits for the engine and the text that goes before the first line.

    `names_of`: the names that `export *` of a module that is no ES module gives. `has_name`: whether an ES module may
    have a name; what is known to be a type only is left out.
    """
    edits = list(analysis.edits)
    before: list[str] = []
    if source.startswith(b"#!"):
        edits.append(Edit(0, 2, "//"))
    count = 0
    for dependency in analysis.dependencies:
        if not dependency.static:
            continue
        if dependency.empty:
            edits.append(Edit(dependency.start, dependency.end, "export {};" if dependency.exported else ";"))
            continue
        target = target_of(dependency)
        if target.kind == ESM:
            edits.append(Edit(dependency.start, dependency.end, _linked(dependency, target, has_name)))
            continue
        first, instead, count = _constant(dependency, target, names_of, count)
        before.append(first)
        edits.append(Edit(dependency.start, dependency.end, instead))
    calls = find(tree, grammar, _CALLS)
    metas = [node for node in calls.get("meta", ()) if _text(node, source).startswith("import")]
    edits += [Edit(node.start_byte, node.end_byte, f"$swell(5, {json.dumps(key)})") for node in metas]
    edits += [Edit(node.start_byte, node.end_byte, "$swell") for node in calls.get("import", ())]
    for node in calls.get("import_arguments", ()):
        first_argument = next((child for child in node.named_children if child.type != "comment"), None)
        if first_argument is not None:
            edits.append(Edit(first_argument.start_byte, first_argument.start_byte, "4, "))
            edits.append(Edit(first_argument.end_byte, node.end_byte, f", {json.dumps(key)})"))
    if analysis.esm and "called" in calls and not _OWN_REQUIRE.search(source):
        before.append(f"const require = $swell(6, {json.dumps(key)});")
    return edits, "".join(before)


def _linked(dependency: Dependency, target: Target, has_name: Callable[[Target, str], bool]) -> str:
    """The import statement of another ES module."""
    source = json.dumps(target.key)
    if dependency.exported:
        names = dependency.names
        if names == [("*", "*")]:
            return f"export * from {source};"
        if names and names[0][0] == "*":
            return f"export * as {_quoted(names[0][1])} from {source};"
        return f"export {_clause([pair for pair in names if has_name(target, pair[0])])} from {source};"
    main = [local for name, local in dependency.names if name == "default"][:1]
    spaces = [f"* as {local}" for name, local in dependency.names if name == "*"]
    named = [pair for pair in dependency.names if pair[0] != "*" and not (pair[0] == "default" and pair[1] in main)]
    named = [pair for pair in named if has_name(target, pair[0])]
    if not dependency.names:
        return f"import {source};"
    clause = ", ".join([*main, *spaces, *([_clause(named)] if named or not (main or spaces) else [])])
    return f"import {clause} from {source};"


def _constant(
    dependency: Dependency, target: Target, names_of: Callable[[Target], Collection[str]], count: int
) -> tuple[str, str, int]:
    """(text before the first line, text instead of the statement, next number) for a module that is no ES module."""
    module = f"$swell({target.kind}, {json.dumps(target.key)})"
    if not dependency.names:
        return f"{module};", ";", count
    if not dependency.exported:
        parts = [f"{local} = {module}" for name, local in dependency.names if name == "*"]
        pairs = [f"{json.dumps(name)}: {local}" for name, local in dependency.names if name != "*"]
        if pairs:
            parts.append(f"{{{', '.join(pairs)}}} = {module}")
        return f"const {', '.join(parts)};", ";", count
    wanted = dependency.names
    if wanted == [("*", "*")]:
        wanted = [(name, name) for name in sorted(names_of(target)) if name != "default"]
    first: list[str] = []
    exported: list[str] = []
    for name, public in wanted:
        local = f"$swell_{count}"
        count += 1
        first.append(f"const {local} = {module}{'' if name == '*' else f'[{json.dumps(name)}]'};")
        exported.append(f"{local} as {_quoted(public)}")
    return "".join(first), f"export {{{', '.join(exported)}}};", count
