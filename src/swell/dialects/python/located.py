"""Where in a test file something stands: lines of assignments, classes and their attributes.

Rules: pure; reads the syntax tree only. Line 0 means unknown.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SourceMap"]


class SourceMap:
    """The lines of one file."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree

    def line_of(self, name: str, in_class: str = "") -> int:
        """The line where `name` (a variable, function or class) is last set, in the file or in a class of it."""
        body: Iterable[ast.stmt] = self._tree.body
        if in_class:
            classes = [node for node in ast.walk(self._tree) if isinstance(node, ast.ClassDef)]
            body = next((node.body for node in reversed(classes) if node.name == in_class), ())
        lines = [node.lineno for node in body if name in _names(node)]
        return lines[-1] if lines else 0

    def repeated_classes(self) -> dict[str, tuple[int, int]]:
        """Classes defined twice at the top of the file: the name and the last two lines."""
        seen: dict[str, list[int]] = {}
        for node in self._tree.body:
            if isinstance(node, ast.ClassDef):
                seen.setdefault(node.name, []).append(node.lineno)
        return {name: (lines[-2], lines[-1]) for name, lines in seen.items() if len(lines) > 1}


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    if isinstance(node, (ast.AnnAssign, ast.AugAssign)) and isinstance(node.target, ast.Name):
        return {node.target.id}
    return set()
