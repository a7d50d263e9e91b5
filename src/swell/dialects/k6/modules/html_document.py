"""One HTML document and its nodes by number.

Rules: a node gets its number when first handed out and keeps it, so equal nodes have equal numbers. 0 is the document.
Selectors are matched against the whole document, so that `closest("body > p")` means what it says anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from swell.dialects.javascript import JsThrow

__all__ = ["Document"]

_CONTAINS: Final = re.compile(r":contains\(\s*(?:\"([^\"]*)\"|'([^']*)'|([^)]*))\s*\)")


class Document:
    """A parsed page. `top` is the document node."""

    __slots__ = ("_nodes", "_numbers", "_parser", "top")

    def __init__(self, text: str) -> None:
        self._parser = LexborHTMLParser(text or " ")
        root: Any = self._parser.root
        self.top: LexborNode = root.parent
        self._nodes: list[LexborNode] = [self.top]
        self._numbers: dict[int, int] = {self.top.mem_id: 0}

    def nodes(self, numbers: Iterable[int]) -> list[LexborNode]:
        """The nodes with these numbers."""
        return [self._nodes[number] for number in numbers]

    def numbers(self, nodes: Iterable[LexborNode]) -> list[int]:
        """The numbers of these nodes, each once."""
        found: dict[int, None] = {}
        for node in nodes:
            number = self._numbers.get(node.mem_id)
            if number is None:
                number = self._numbers[node.mem_id] = len(self._nodes)
                self._nodes.append(node)
            found[number] = None
        return list(found)

    def matching(self, what: str | list[int]) -> list[LexborNode]:
        """All nodes that a selector matches, in the order of the document; or the nodes with these numbers.

        Raises JsThrow for what is no selector.
        """
        if isinstance(what, list):
            return self.nodes(what)
        selector = _CONTAINS.sub(lambda found: f':lexbor-contains("{found[1] or found[2] or found[3] or ""}")', what)
        try:
            return list(self._parser.css(selector))
        except Exception as error:
            raise JsThrow("Error", f"{what!r} is no selector that is understood: {error}") from None

    def matches(self, what: str | list[int]) -> set[int]:
        """The identities of `matching`."""
        return {node.mem_id for node in self.matching(what)}

    def sorted(self, nodes: list[LexborNode]) -> list[LexborNode]:
        """Nodes in the order of the document, each once."""
        wanted = {node.mem_id: node for node in nodes}
        if len(wanted) < 2:
            return list(wanted.values())
        return [node for node in descendants(self.top) if node.mem_id in wanted]


def descendants(node: LexborNode) -> Iterator[LexborNode]:
    """All nodes below, in the order of the document, text and comments included."""
    current = node.first_child
    while current is not None:
        yield current
        following = current.first_child
        while following is None and current is not None and current.mem_id != node.mem_id:
            following = current.next
            if following is None:
                current = current.parent
        current = following
