"""Host names mapped by hand to addresses and ports, as a run's own hosts file; names may be wildcards.

Rules: pure. An exact name goes before a wildcard, a name with a port before one without, a longer wildcard before a
shorter. `*.x` stands for every name below x, not for x itself; `*` alone for every name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["HostMap", "HostPatterns"]


class HostPatterns:
    """Names and wildcards. Case makes no difference."""

    __slots__ = ("_endings", "_names")

    def __init__(self, patterns: Sequence[str]) -> None:
        lowered = [pattern.lower() for pattern in patterns]
        self._names = {pattern for pattern in lowered if not pattern.startswith("*")}
        self._endings = sorted((each for each in lowered if each.startswith("*")), key=len, reverse=True)

    def find(self, host: str) -> str | None:
        """The most exact pattern that this name fits; None for none."""
        host = host.lower()
        if host in self._names:
            return host
        return next((each for each in self._endings if host.endswith(each[1:])), None)


class HostMap:
    """Entries (name, port or 0 for every port, address, port or 0 for the same)."""

    __slots__ = ("_any_port", "_entries", "_with_port")

    def __init__(self, entries: Sequence[tuple[str, int, str, int]]) -> None:
        self._entries = {(name.lower(), port): (address, to) for name, port, address, to in entries}
        self._any_port = HostPatterns([name for name, port, _, _ in entries if not port])
        self._with_port: dict[int, HostPatterns] = {}
        for wanted in {port for _, port, _, _ in entries if port}:
            self._with_port[wanted] = HostPatterns([name for name, port, _, _ in entries if port == wanted])

    def find(self, host: str, port: int) -> tuple[str, int] | None:
        """Address and port to connect to instead; None where nothing is said of this name."""
        patterns = self._with_port.get(port)
        exact = patterns.find(host) if patterns is not None else None
        general = self._any_port.find(host)
        if exact is not None and (general is None or not exact.startswith("*") or general.startswith("*")):
            address, to = self._entries[exact, port]
        elif general is not None:
            address, to = self._entries[general, 0]
        else:
            return None
        return address, to or port
