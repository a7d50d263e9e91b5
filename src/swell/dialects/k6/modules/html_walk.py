"""What selections and elements of k6/html do in a document: walks, filters, contents.

Rules: each operation gets the document and the selection's nodes, and gives node numbers or plain values. Walks keep
each node once; those up and back go outwards from the start, as in jQuery.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from selectolax.lexbor import LexborNode

from swell.dialects.k6.modules.html_document import Document, descendants

__all__ = ["OPERATIONS"]

_Nodes = list[LexborNode]
_What = str | list[int]
_VALUE: Final = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?|true|false|null")


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.first_child
    while child is not None:
        yield child
        child = child.next


def _elements(nodes: Iterator[LexborNode]) -> Iterator[LexborNode]:
    return (node for node in nodes if node.is_element_node)


def _after(node: LexborNode) -> Iterator[LexborNode]:
    while (following := node.next) is not None:
        node = following
        yield node


def _before(node: LexborNode) -> Iterator[LexborNode]:
    while (previous := node.prev) is not None:
        node = previous
        yield node


def _above(node: LexborNode) -> Iterator[LexborNode]:
    while (parent := node.parent) is not None:
        node = parent
        yield node


def _walk(steps: Callable[[LexborNode], Iterator[LexborNode]], first: bool = False) -> Callable[..., list[int]]:
    """An operation that goes these steps from each node: all of them, the first, or those before what matches."""

    def operation(document: Document, nodes: _Nodes, until: _What | None = None) -> list[int]:
        stop = document.matches(until) if until else set[int]()
        found: _Nodes = []
        for node in nodes:
            for each in _elements(steps(node)):
                if each.mem_id in stop:
                    break
                found.append(each)
                if first:
                    break
        return document.numbers(found)

    return operation


def _siblings(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    return (each for each in (_children(parent) if parent is not None else ()) if each.mem_id != node.mem_id)


def _find(document: Document, nodes: _Nodes, what: _What) -> list[int]:
    if len(nodes) == 1 and nodes[0].is_document_node:
        return document.numbers(document.matching(what))
    inside = {node.mem_id for node in nodes}
    return document.numbers(
        each for each in document.matching(what) if any(above.mem_id in inside for above in _above(each))
    )


def _filter(document: Document, nodes: _Nodes, what: _What) -> list[int]:
    matching = document.matches(what)
    return document.numbers(node for node in nodes if node.mem_id in matching)


def _not(document: Document, nodes: _Nodes, what: _What) -> list[int]:
    matching = document.matches(what)
    return document.numbers(node for node in nodes if node.mem_id not in matching)


def _has(document: Document, nodes: _Nodes, what: _What) -> list[int]:
    holders = {above.mem_id for each in document.matching(what) for above in _above(each)}
    return document.numbers(node for node in nodes if node.mem_id in holders)


def _add(document: Document, nodes: _Nodes, what: _What) -> list[int]:
    return document.numbers([*nodes, *document.matching(what)])


def _closest(document: Document, nodes: _Nodes, what: _What) -> list[int]:
    matching = document.matches(what)
    found: _Nodes = []
    for node in nodes:
        nearest = next((each for each in (node, *_above(node)) if each.mem_id in matching), None)
        if nearest is not None:
            found.append(nearest)
    return document.numbers(found)


def _contents(document: Document, nodes: _Nodes) -> list[int]:
    return document.numbers(child for node in nodes for child in _children(node))


def _next_node(document: Document, nodes: _Nodes) -> list[int]:
    return document.numbers(each for each in (node.next for node in nodes) if each is not None)


def _prev_node(document: Document, nodes: _Nodes) -> list[int]:
    return document.numbers(each for each in (node.prev for node in nodes) if each is not None)


def _nodes(document: Document, nodes: _Nodes, what: _What) -> list[int]:
    del nodes
    return document.numbers(document.matching(what))


def _index(document: Document, nodes: _Nodes) -> int:
    del document
    return sum(1 for _ in _elements(_before(nodes[0])))


def _contains(document: Document, nodes: _Nodes, other: list[int]) -> bool:
    inside = document.nodes(other)[0]
    return any(above.mem_id == nodes[0].mem_id for above in (inside, *_above(inside)))


def text_of(node: LexborNode) -> str:
    """The text in and below a node."""
    if node.is_text_node:
        return node.text() or ""
    return "".join(each.text() or "" for each in descendants(node) if each.is_text_node)


def _text(document: Document, nodes: _Nodes) -> str:
    del document
    return "".join(text_of(node) for node in nodes)


def _html(document: Document, nodes: _Nodes) -> str | None:
    del document
    if not nodes:
        return None
    if nodes[0].is_document_node:
        return "".join(each.html or "" for each in _children(nodes[0]))
    return nodes[0].inner_html or ""


def _outer(document: Document, nodes: _Nodes) -> str:
    del document
    return (nodes[0].html or "") if nodes else ""


def _attributes(document: Document, nodes: _Nodes) -> dict[str, str]:
    del document
    if not nodes or not nodes[0].is_element_node:
        return {}
    return {name: value or "" for name, value in nodes[0].attributes.items()}


def _attr(document: Document, nodes: _Nodes, name: str) -> str | None:
    return _attributes(document, nodes).get(name.lower())


def _data(document: Document, nodes: _Nodes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in _attributes(document, nodes).items():
        if name.startswith("data-"):
            key = re.sub(r"-(.)", lambda part: part[1].upper(), name[5:])
            found[key] = _as_data(value)
    return found


def _as_data(text: str) -> Any:
    """What the text of a data attribute stands for, as in jQuery."""
    if _VALUE.fullmatch(text) or text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _node(document: Document, nodes: _Nodes) -> dict[str, Any]:
    del document
    node = nodes[0]
    if node.is_text_node:
        return {"name": "#text", "type": 3, "value": node.text() or ""}
    if node.is_comment_node:
        return {"name": "#comment", "type": 8, "value": node.comment_content}
    if node.is_document_node:
        return {"name": "#document", "type": 9, "value": None}
    return {"name": node.tag or "", "type": 1, "value": None}


OPERATIONS: Final[dict[str, Callable[..., Any]]] = {
    "find": _find,
    "filter": _filter,
    "not": _not,
    "has": _has,
    "add": _add,
    "closest": _closest,
    "contents": _contents,
    "nextNode": _next_node,
    "prevNode": _prev_node,
    "nodes": _nodes,
    "index": _index,
    "contains": _contains,
    "children": _walk(_children),
    "parent": _walk(_above, first=True),
    "parents": _walk(_above),
    "parentsUntil": _walk(_above),
    "next": _walk(_after, first=True),
    "nextAll": _walk(_after),
    "nextUntil": _walk(_after),
    "prev": _walk(_before, first=True),
    "prevAll": _walk(_before),
    "prevUntil": _walk(_before),
    "siblings": _walk(_siblings),
    "text": _text,
    "html": _html,
    "outer": _outer,
    "attributes": _attributes,
    "attr": _attr,
    "data": _data,
    "node": _node,
}
