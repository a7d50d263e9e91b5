"""The tree of groups and checks of a run, as k6 describes it.

Rules: pure. A group's path is "::" before each name, the root's path is empty; ids are the MD5 sum of the path. Groups
and checks stand in the order in which they were first seen.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.metrics.store import MetricStore

__all__ = ["identity", "root_group"]

SEPARATOR = "::"
_NO_TAGS: dict[str, str] = {}


def identity(path: str) -> str:
    """The id of a group or check with this path."""
    return hashlib.md5(path.encode(), usedforsecurity=False).hexdigest()


def root_group(store: MetricStore, tags: Mapping[str, str] = _NO_TAGS) -> dict[str, Any]:
    """The root group with all groups and checks in it, of samples with these tags."""
    root = _group("", "")
    groups: dict[str, dict[str, Any]] = {"": root}
    counts = dict(store.group_by("checks", ["group", "check"], tags))
    for series in store.series_list():
        if not tags.items() <= series.tags.items():
            continue
        path = series.tags.get("group", "")
        if series.metric == "group_duration":
            _find(groups, path)
        elif series.metric == "checks":
            group = _find(groups, path)
            name = series.tags.get("check", "")
            found = counts.get((path, name))
            if found is None or any(check["name"] == name for check in group["checks"]):
                continue
            check_path = f"{path}{SEPARATOR}{name}"
            group["checks"].append(
                {
                    "name": name,
                    "path": check_path,
                    "id": identity(check_path),
                    "passes": found.passes,
                    "fails": found.fails,
                }
            )
    return root


def _group(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "path": path, "id": identity(path), "groups": [], "checks": []}


def _find(groups: dict[str, dict[str, Any]], path: str) -> dict[str, Any]:
    """The group with this path, made with its parents if need be."""
    found = groups.get(path)
    if found is not None:
        return found
    above, separator, name = path.rpartition(SEPARATOR)
    if not separator:
        above, name = "", path
    group = _group(name, path)
    _find(groups, above)["groups"].append(group)
    groups[path] = group
    return group
