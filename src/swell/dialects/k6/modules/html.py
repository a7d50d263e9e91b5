"""k6/html: parseHTML, selections and elements (html.js holds the script's side).

Rules: a document stays until the script lets go of it; a node is known to scripts by its number in it, 0 being the
document. What differs from k6: selectors are those of Lexbor (CSS 4 with `:has`, `:is`; `:contains("x")` is
understood), `parentNode()` of the topmost element is undefined, and elements have one set of methods: those that make
no sense for a tag give undefined.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any, cast

import msgspec

from swell.dialects.javascript import HostFunction, HostModule
from swell.dialects.k6.modules.html_document import Document
from swell.dialects.k6.modules.html_forms import OPERATIONS as FORMS
from swell.dialects.k6.modules.html_forms import encoded
from swell.dialects.k6.modules.html_walk import OPERATIONS as WALKS

__all__ = ["modules"]


class _Documents:
    """The documents of one context."""

    __slots__ = ("found", "last")

    def __init__(self) -> None:
        self.found: dict[int, Document] = {}
        self.last = 0


def modules() -> Mapping[str, HostModule]:
    """The module k6/html."""
    exports: dict[str, object] = {
        "open": HostFunction(_open, "value"),
        "release": HostFunction(_release, "raw"),
        "run": HostFunction(_run, "value"),
        "query": HostFunction(_query, "value"),
    }
    source = resources.files(__package__ or "").joinpath("html.js").read_text("utf-8")
    return {"k6/html": HostModule(exports, source)}


def _documents(context: Any) -> _Documents:
    try:
        return context.k6_html
    except AttributeError:
        documents = context.k6_html = _Documents()
        return documents


def _open(context: Any, text: str) -> int:
    documents = _documents(context)
    documents.last += 1
    documents.found[documents.last] = Document(text)
    return documents.last


def _release(context: Any, number: int) -> None:
    _documents(context).found.pop(number, None)


def _run(context: Any, number: int, name: str, nodes: str, arguments: str) -> str:
    document = _documents(context).found[number]
    operation = WALKS.get(name) or FORMS[name]
    found = operation(document, document.nodes(msgspec.json.decode(nodes)), *msgspec.json.decode(arguments))
    return json.dumps(found)


def _query(context: Any, fields: dict[str, Any]) -> str:
    del context
    return encoded([(name, each) for name, value in fields.items() for each in _each(value)])


def _each(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]
