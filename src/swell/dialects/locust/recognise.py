"""Tells locustfiles from other Python test files, without importing anything of this dialect.

Rules: a file that imports locust anywhere is a locustfile.
"""

from __future__ import annotations

import ast
from pathlib import Path

__all__ = ["is_locustfile"]


def is_locustfile(path: str) -> bool:
    """Whether a Python file imports locust (False for what cannot be read or parsed: that is told elsewhere)."""
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(one.name.partition(".")[0] == "locust" for one in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").partition(".")[0] == "locust":
            return True
    return False
