"""Tag sets: interned, immutable descriptions of where a sample comes from.

Rules: equal tag sets are the same object, so identity is equality and a tag set can be a cheap dictionary key.
Tag names follow k6 (name, method, status, scenario, group, check, error, error_code, expected_response). A tag set
remembers its children, so that entering the same group a million times allocates nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["EMPTY", "TagSet"]


class TagSet:
    """Immutable tags, made by `TagSet.of` or `with_tags` only.

    `cache` belongs to whoever resolves hot keys under these tags (the HTTP client keeps its endpoints there); it
    lives as long as the tag set, which is as long as the worker.
    """

    __slots__ = ("_children", "cache", "items")

    _interned: ClassVar[dict[tuple[tuple[str, str], ...], TagSet]] = {}

    items: tuple[tuple[str, str], ...]
    cache: dict[Any, Any]
    _children: dict[tuple[tuple[str, str], ...], TagSet]

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> TagSet:
        """The one tag set with these tags."""
        items = tuple(sorted(tags.items()))
        found = cls._interned.get(items)
        if found is None:
            found = cls.__new__(cls)
            found.items = items
            found.cache = {}
            found._children = {}
            cls._interned[items] = found
        return found

    def with_tags(self, **tags: str) -> TagSet:
        """This set with some tags added or replaced."""
        key = tuple(tags.items())
        child = self._children.get(key)
        if child is None:
            child = TagSet.of({**dict(self.items), **tags})
            self._children[key] = child
        return child

    def get(self, name: str, default: str = "") -> str:
        """The value of one tag."""
        for key, value in self.items:
            if key == name:
                return value
        return default

    def as_dict(self) -> dict[str, str]:
        """A copy as a dictionary."""
        return dict(self.items)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.items)

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{key}:{value}" for key, value in self.items) + "}"


EMPTY = TagSet.of({})
