"""What the targets of `publish-metrics` have in common: which metrics are sent, and tags written as `name:value`.

Rules: pure. `includeOnly` comes before `excluded`; both are beginnings of names, or whole names, as in Artillery.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from swell.dialects.artillery.buckets import Bucket
from swell.dialects.artillery.shapes import list_of, mapping_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["choice_of", "chosen", "pairs_of"]


def choice_of(spec: Mapping[str, Any], *, exact: bool = False) -> Callable[[str], bool]:
    """Which metrics a target wants, by name; `exact`: the options have whole names."""
    only = tuple(str(each) for each in list_of(spec.get("includeOnly")))
    excluded = tuple(str(each) for key in ("excluded", "exclude") for each in list_of(spec.get(key)))
    if exact:
        return lambda name: name not in excluded and (not only or name in only)
    if only:
        return lambda name: name.startswith(only)
    return lambda name: not name.startswith(excluded)


def chosen(stats: Bucket, wanted: Callable[[str], bool]) -> Bucket:
    """A period with the wanted metrics alone."""
    return Bucket(
        stats.period,
        {name: value for name, value in stats.counters.items() if wanted(name)},
        {name: value for name, value in stats.rates.items() if wanted(name)},
        {name: values for name, values in stats.summaries.items() if wanted(name)},
        stats.first_at,
        stats.last_at,
    )


def pairs_of(value: Any) -> dict[str, str]:
    """Tags: a list of texts `name:value`, or a mapping; what is neither is left out."""
    if isinstance(value, Mapping):
        return {str(name): _text(each) for name, each in cast("Mapping[Any, Any]", value).items()}
    found: dict[str, str] = {}
    for each in list_of(value):
        if mapping_of(each):  # YAML reads `- name: value` as a mapping
            found |= pairs_of(each)
            continue
        name, colon, text = str(each).partition(":")
        if colon and name.strip():
            found[name.strip()] = text.strip()
    return found


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
