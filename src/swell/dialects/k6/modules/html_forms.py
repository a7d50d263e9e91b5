"""Forms of k6/html: values of controls, and what a form would send.

Rules: the successful controls of HTML: named, not disabled, no buttons, boxes only when checked. A select sends its
selected options; without any, a single select sends its first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from selectolax.lexbor import LexborNode

from swell.dialects.k6.modules.html_document import Document, descendants
from swell.dialects.k6.modules.html_walk import text_of
from swell.http.urls import encode_pairs

__all__ = ["OPERATIONS", "encoded"]

_Nodes = list[LexborNode]
_CONTROLS: Final = ("input", "select", "textarea", "button")
_NEVER_SENT: Final = ("submit", "button", "reset", "image", "file")


def encoded(fields: Iterable[tuple[str, Any]]) -> str:
    """Pairs as a query."""
    return encode_pairs([(name, "" if value is None else str(value)) for name, value in fields])


def _selected(node: LexborNode) -> list[str]:
    options = [each for each in descendants(node) if each.tag == "option"]
    chosen = [each for each in options if "selected" in each.attributes]
    if not chosen and options and "multiple" not in node.attributes:
        chosen = options[:1]
    return [_option(each) for each in chosen]


def _option(node: LexborNode) -> str:
    value = node.attributes.get("value")
    return value if "value" in node.attributes and value is not None else text_of(node).strip()


def _value(node: LexborNode) -> str | list[str] | None:
    if node.tag == "select":
        found = _selected(node)
        return found if "multiple" in node.attributes else (found[0] if found else None)
    if node.tag == "textarea":
        return text_of(node)
    if node.tag == "option":
        return _option(node)
    if not node.is_element_node or "value" not in node.attributes:
        checked = node.is_element_node and (node.attributes.get("type") or "").lower() in ("checkbox", "radio")
        return "on" if checked else None
    return node.attributes["value"] or ""


def _val(document: Document, nodes: _Nodes) -> str | list[str] | None:
    del document
    return _value(nodes[0]) if nodes else None


def _controls_of(nodes: _Nodes) -> list[LexborNode]:
    found: dict[int, LexborNode] = {}
    for node in nodes:
        for each in (node, *descendants(node)):
            if each.tag in _CONTROLS:
                found[each.mem_id] = each
    return list(found.values())


def _controls(document: Document, nodes: _Nodes) -> list[int]:
    return document.numbers(_controls_of(nodes))


def _fields(document: Document, nodes: _Nodes) -> list[tuple[str, str]]:
    del document
    found: list[tuple[str, str]] = []
    for node in _controls_of(nodes):
        attributes = node.attributes
        name, kind = attributes.get("name"), (attributes.get("type") or "").lower()
        if not name or "disabled" in attributes or node.tag == "button" or kind in _NEVER_SENT:
            continue
        if kind in ("checkbox", "radio") and "checked" not in attributes:
            continue
        value = _value(node)
        found.extend((name, each) for each in (value if isinstance(value, list) else [value or ""]))
    return found


def _serialize(document: Document, nodes: _Nodes) -> str:
    return encoded(_fields(document, nodes))


OPERATIONS: Final[dict[str, Callable[..., Any]]] = {
    "val": _val,
    "controls": _controls,
    "fields": _fields,
    "serialize": _serialize,
}
