"""Deep merging as Artillery's files, environments and overrides are merged.

Rules: pure; what is merged into is never changed, so that a part that YAML anchors share stays what it was. Mappings
merge by key. Lists merge by position, or with `replace_lists` the later one stands alone. A later null counts (as in
JSON), a missing key does not.
"""

from __future__ import annotations

from typing import Any, cast

from swell.dialects.artillery.shapes import list_of, mapping_of

__all__ = ["merged"]


def merged(base: Any, later: Any, *, replace_lists: bool = False) -> Any:
    """`later` merged over `base`."""
    if isinstance(later, dict) and isinstance(base, dict):
        result = dict(mapping_of(base))
        for key, value in mapping_of(later).items():
            result[key] = merged(result[key], value, replace_lists=replace_lists) if key in result else value
        return result
    if isinstance(later, list) and not replace_lists and isinstance(base, list):
        old, new = list_of(base), list_of(later)
        both: list[Any] = [merged(one, other) for one, other in zip(old, new, strict=False)]
        return [*both, *old[len(both) :], *new[len(both) :]]
    return cast("Any", later)
