"""Tells scripts for k6 from other test files, without importing anything of this dialect.

Rules: by the name alone: JavaScript, TypeScript and archives are k6's.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["is_k6_script"]

_SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".mts", ".tar")


def is_k6_script(path: str) -> bool:
    """Whether a file is a script for k6."""
    return Path(path).suffix.lower() in _SUFFIXES
