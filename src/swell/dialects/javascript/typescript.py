"""TypeScript without its types: what is type only is blanked out, so that every line and column stays.

Rules: no type checking and no lowering. Enums and namespaces become the objects they stand for, parameter properties
become assignments, on the lines they had. Exported `let`s of a namespace are copied when they are declared, not kept
in step later. Decorators are refused. Returns edits and the names that remaining code uses as values.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from swell.dialects.javascript.errors import JsSyntaxError, excerpt
from swell.dialects.javascript.syntax import Edit, blank, place, string_value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tree_sitter import Node, Tree

__all__ = ["strip_types"]

# Nodes that vanish whole.
_GONE = frozenset(
    {
        "type_annotation",
        "type_predicate_annotation",
        "asserts_annotation",
        "type_parameters",
        "type_arguments",
        "interface_declaration",
        "type_alias_declaration",
        "ambient_declaration",
        "function_signature",
        "method_signature",
        "abstract_method_signature",
        "index_signature",
        "accessibility_modifier",
        "override_modifier",
        "implements_clause",
        "opting_type_annotation",
        "omitting_type_annotation",
        "adding_type_annotation",
    }
)
_DECLARATIONS = frozenset(
    {"interface_declaration", "type_alias_declaration", "ambient_declaration", "function_signature"}
)
_SIGNATURES = frozenset({"method_signature", "abstract_method_signature", "index_signature"})
_VALUES = frozenset(
    {"class_declaration", "abstract_class_declaration", "function_declaration", "generator_function_declaration"}
    | {"enum_declaration", "variable_declarator", "internal_module"}
)
_FIELD_WORDS = frozenset({"readonly", "abstract", "?", "!", "declare"})


def strip_types(tree: Tree, source: bytes, file: str) -> tuple[list[Edit], set[str]]:
    """The edits that leave JavaScript, and the value names in use. Raises JsSyntaxError for decorators."""
    work = _Stripper(source, file)
    work.walk(tree.root_node)
    return work.edits, work.used - (work.types - work.declared)


class _Stripper:
    """One walk over one tree."""

    def __init__(self, source: bytes, file: str) -> None:
        self.source = source
        self.file = file
        self.edits: list[Edit] = []
        self.used: set[str] = set()
        self.types: set[str] = set()  # names declared as types
        self.declared: set[str] = set()  # names declared as values

    def text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _blank(self, start: int, end: int) -> None:
        self.edits.append(blank(self.source, start, end))

    def walk(self, top: Node) -> None:
        waiting = [top]
        while waiting:
            node = waiting.pop()
            children = self.visit(node)
            waiting += node.children if children is None else list(children)

    def visit(self, node: Node) -> Iterable[Node] | None:  # noqa: C901, PLR0912 - one table
        """Edit what one node needs; returns the children that are still to be visited, None for all."""
        kind = node.type
        if kind in _GONE:
            return self._gone(node)
        if kind in _VALUES and (name := node.child_by_field_name("name")) is not None:
            self.declared.add(self.text(name))
        match kind:
            case "identifier" | "shorthand_property_identifier":
                self.used.add(self.text(node))
            case "import_statement":
                return self._import(node)
            case "export_statement":
                return self._export(node)
            case "as_expression" | "satisfies_expression":
                value = node.children[0]
                self._blank(value.end_byte, node.end_byte)
                return [value]
            case "non_null_expression":
                self._blank(node.end_byte - 1, node.end_byte)
            case "type_assertion":
                self._blank(node.children[0].start_byte, node.children[0].end_byte)
                return node.children[1:]
            case "required_parameter" | "optional_parameter":
                return self._parameter(node)
            case "public_field_definition":
                return self._field(node)
            case "abstract_class_declaration" | "method_definition" | "variable_declarator":
                self._words(node, {"abstract", "?", "!"})
            case "arrow_function":
                return self._arrow(node)
            case "enum_declaration":
                return self._enum(node)
            case "internal_module" | "module":
                return self._namespace(node)
            case "import_alias":
                self.edits += self._alias_edits(node)
                return ()
            case "decorator":
                raise self._refuse(node, "decorators are not supported: remove it, or compile the file beforehand")
            case _:
                pass
        return None

    def _refuse(self, node: Node, message: str) -> JsSyntaxError:
        line, column = place(node, self.source)
        shown = excerpt(self.source.decode("utf-8", "replace"), line, column)
        return JsSyntaxError(message, self.file, line, column, shown)

    def _gone(self, node: Node) -> Iterable[Node]:
        start, end = node.start_byte, node.end_byte
        if node.type in _SIGNATURES:
            # The semicolon after it may stay: an empty class element.
            self._blank(start, end)
        elif node.type in _DECLARATIONS:
            name = node.child_by_field_name("name")
            if name is not None and name.type == "type_identifier":
                self.types.add(self.text(name))
            self._blank(start, end)
        elif node.type != "type_arguments" or node.parent is None or node.parent.type != "type_assertion":
            self._blank(start, end)
        return ()

    def _words(self, node: Node, words: set[str] | frozenset[str]) -> None:
        for child in node.children:
            if child.type in words:
                self._blank(child.start_byte, child.end_byte)

    def _arrow(self, node: Node) -> Iterable[Node] | None:
        """No line break may stand before `=>`: those of a return type move behind it."""
        returned = node.child_by_field_name("return_type")
        arrow = next((child for child in node.children if child.type == "=>"), None)
        if returned is None or arrow is None or b"\n" not in self.source[returned.start_byte : arrow.start_byte]:
            return None
        self.edits.append(Edit(returned.start_byte, arrow.end_byte, "=>"))
        return [child for child in node.children if child.type not in {returned.type, "=>"}]

    def _field(self, node: Node) -> Iterable[Node] | None:
        if any(child.type in {"declare", "abstract"} for child in node.children):
            self._blank(node.start_byte, node.end_byte)
            return ()
        self._words(node, _FIELD_WORDS)
        return None

    def _parameter(self, node: Node) -> Iterable[Node]:
        pattern = node.child_by_field_name("pattern")
        if pattern is not None and pattern.type == "this":
            following = node.next_sibling
            self._blank(node.start_byte, following.end_byte if following and following.type == "," else node.end_byte)
            return ()
        words = {"readonly", "?", "accessibility_modifier", "override_modifier"}
        modifiers = [child for child in node.children if child.type in words]
        for child in modifiers:
            self._blank(child.start_byte, child.end_byte)
        if pattern is not None and any(child.type != "?" for child in modifiers):
            self._assign(node, self.text(pattern))
        return [child for child in node.children if child.type not in words]

    def _assign(self, parameter: Node, name: str) -> None:
        """A parameter property: `this.name = name` at the start of the constructor, or after its super()."""
        method = parameter.parent.parent if parameter.parent else None
        body = method.child_by_field_name("body") if method else None
        if body is None:
            return
        at = body.start_byte + 1
        for statement in body.named_children:
            call = statement.named_children[0] if statement.named_children else None
            function = call.child_by_field_name("function") if call and call.type == "call_expression" else None
            if function is not None and function.type == "super":
                at = statement.end_byte
                break
        self.edits.append(Edit(at, at, f";this.{name} = {name};"))

    # Statements.

    def _import(self, node: Node) -> Iterable[Node]:
        """What is left of an import is the business of imports.py, which replaces the statement."""
        clause = next((child for child in node.children if child.type == "import_require_clause"), None)
        if clause is not None:
            name, literal = clause.named_children[0], clause.child_by_field_name("source")
            if literal is not None and not _has(node, "type"):
                self.edits.append(
                    Edit(node.start_byte, node.end_byte, f"const {self.text(name)} = require({self.text(literal)});")
                )
                return ()
        if _has(node, "type") or clause is not None:
            self._blank(node.start_byte, node.end_byte)
        return ()

    def _export(self, node: Node) -> Iterable[Node]:
        declaration = node.child_by_field_name("declaration")
        if _has(node, "type") or (declaration is not None and declaration.type in _DECLARATIONS):
            if declaration is not None:
                self._gone(declaration)
                self.edits.pop()
            # The file stays an ES module although nothing is exported here.
            self.edits.append(_keep_esm(node))
            return ()
        if _has(node, "="):
            equals = next(child for child in node.children if child.type == "=")
            self.edits.append(Edit(node.start_byte, equals.end_byte, "module.exports ="))
            return node.children
        if node.child_by_field_name("source") is not None:
            return ()
        if declaration is not None and declaration.type == "import_alias":
            self.edits += self._alias_edits(declaration)
            return ()
        return node.children

    def _alias_edits(self, node: Node) -> list[Edit]:
        self.used.add(self.text(node.named_children[-1]).split(".")[0])
        return [Edit(node.children[0].start_byte, node.children[0].end_byte, "var")]

    def _enum(self, node: Node) -> Iterable[Node]:
        """`enum E { A, B = 2 }` becomes `var E; (function (E) { ... })(E || (E = {}));`, members on their lines."""
        name_node, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name_node is None or body is None:
            return ()
        name = self.text(name_node)
        head = f"var {name}; (function ({name}) {{"
        self.edits.append(Edit(node.start_byte, body.start_byte + 1, head))
        previous: str | None = None
        known: list[str] = []
        visits: list[Node] = []
        for member in body.named_children:
            if member.type == "comment":
                continue
            key_node = member.child_by_field_name("name") if member.type == "enum_assignment" else member
            value = member.child_by_field_name("value") if member.type == "enum_assignment" else None
            if key_node is None:
                continue
            key = string_value(key_node, self.source) if key_node.type == "string" else self.text(key_node)
            label = json.dumps(key)
            if value is None:
                number = "0" if previous is None else f"{name}[{json.dumps(previous)}] + 1"
                self.edits.append(Edit(member.start_byte, member.end_byte, _numbered(name, label, number)))
            else:
                text = self.text(value)
                for other in known:  # members may name earlier members
                    text = _qualified(text, other, name)
                made = (
                    f"{name}[{label}] = {text};"
                    if value.type in {"string", "template_string"}
                    else _numbered(name, label, text)
                )
                self.edits.append(Edit(member.start_byte, member.end_byte, made))
                visits.append(value)
            known.append(key)
            previous = key
        for comma in body.children:
            if comma.type == ",":
                self._blank(comma.start_byte, comma.end_byte)
        self.edits.append(Edit(body.end_byte - 1, body.end_byte, f"}})({name} || ({name} = {{}}));"))
        for value in visits:
            self._note_used(value)
        return ()

    def _note_used(self, node: Node) -> None:
        waiting = [node]
        while waiting:
            inner = waiting.pop()
            if inner.type == "identifier":
                self.used.add(self.text(inner))
            waiting += inner.children

    def _namespace(self, node: Node, outer: str = "") -> Iterable[Node]:
        name_node, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name_node is None or body is None or name_node.type == "string" or not _has_values(body):
            self._blank(node.start_byte, node.end_byte)
            return ()
        path = self.text(name_node).replace(" ", "").split(".")
        head, tail = "", ""
        owner = outer
        for name in path:
            made = f"{owner}.{name} || ({owner}.{name} = {{}})" if owner else f"{name} || ({name} = {{}})"
            if owner:
                made = f"{name} = {made}"
            head += f"var {name}; (function ({name}) {{"
            tail = f"}})({made});{tail}"
            owner = name
        self.edits.append(Edit(node.start_byte, body.start_byte + 1, head))
        self.edits.append(Edit(body.end_byte - 1, body.end_byte, tail))
        visits: list[Node] = []
        for statement in body.named_children:
            visits += self._member(statement, owner)
        return visits

    def _member(self, statement: Node, owner: str) -> list[Node]:
        """A statement of a namespace: an export becomes a declaration and an assignment."""
        inner = statement.named_children[0] if statement.type == "expression_statement" else statement
        if inner.type == "internal_module":
            return list(self._namespace(inner))
        declaration = statement.child_by_field_name("declaration") if statement.type == "export_statement" else None
        if declaration is None:
            return [statement]
        if declaration.type in _DECLARATIONS:
            self._blank(statement.start_byte, statement.end_byte)
            return []
        self._blank(statement.start_byte, declaration.start_byte)
        if declaration.type == "internal_module":
            return list(self._namespace(declaration, owner))
        names = [name for child in declaration.named_children if (name := child.child_by_field_name("name"))]
        own = declaration.child_by_field_name("name")
        texts = [self.text(own)] if own is not None else [self.text(name) for name in names]
        after = "".join(f" {owner}.{name} = {name};" for name in texts)
        visits = [declaration]
        if declaration.type == "enum_declaration":
            visits = list(self._enum(declaration))
        self.edits.append(Edit(statement.end_byte, statement.end_byte, after))
        return visits


def _has(node: Node, word: str) -> bool:
    return any(child.type == word for child in node.children)


def _has_values(body: Node) -> bool:
    """Whether a namespace holds more than types."""
    for statement in body.named_children:
        inner = statement.child_by_field_name("declaration") or statement
        if inner.type == "expression_statement" and inner.named_children:
            inner = inner.named_children[0]
        if inner.type == "internal_module":
            deeper = inner.child_by_field_name("body")
            if deeper is not None and _has_values(deeper):
                return True
        elif inner.type not in _DECLARATIONS and inner.type != "comment":
            return True
    return False


def _keep_esm(node: Node) -> Edit:
    width = node.end_byte - node.start_byte
    return Edit(node.start_byte, node.end_byte, "export {};".ljust(width if width < 200 else 10))


def _numbered(name: str, label: str, value: str) -> str:
    return f"{name}[{name}[{label}] = {value}] = {label};"


def _qualified(text: str, member: str, name: str) -> str:

    return re.sub(rf"(?<![\w$.'\"]){re.escape(member)}(?![\w$'\"])", f"{name}.{member}", text)
