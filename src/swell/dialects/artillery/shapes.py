"""Parts of a script in the shape that is expected of them; what has another shape counts as empty.

Rules: pure. For places where the shape was checked before, or where a wrong one means nothing.
"""

from __future__ import annotations

from typing import Any, cast

__all__ = ["list_of", "mapping_of"]


def mapping_of(value: Any) -> dict[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []
