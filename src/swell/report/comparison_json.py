"""A comparison as JSON: one object, whose fields `docs/compare.md` lists.

Rules: within one `schema` fields are added, never renamed or changed in meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from swell.analysis.comparison import Comparison

__all__ = ["comparison_json"]


def comparison_json(comparison: Comparison) -> str:
    """The text of the file, with a line break at its end."""
    return msgspec.json.format(msgspec.json.encode(comparison), indent=2).decode() + "\n"
