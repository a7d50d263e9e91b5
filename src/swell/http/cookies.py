"""The cookies of one client: a jar by RFC 6265 that also reads like the one of requests.

Rules: `now` is wall clock time (time.time()). Nothing here does I/O. An empty jar is one object with three
empty slots, since each virtual user has one; the header of the last request is kept, since most requests
repeat it. At most 180 cookies per domain and 3,000 in all; beyond that the oldest go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from time import time
from typing import Final

from swell.http.cookie_syntax import Cookie, domain_matches, parse_set_cookie, path_matches
from swell.http.urls import Target

__all__ = ["Cookie", "CookieJar", "cookie_pairs", "merge_header", "parse_set_cookie"]

_MAX_PER_DOMAIN: Final = 180
_MAX_COOKIES: Final = 3000
_NEVER: Final = float("inf")
_CONTROL: Final = frozenset(map(chr, (*range(32), 127)))


class CookieJar:
    """Cookies by domain. False when empty.

    The dict-like half (`jar["a"]`, `get`, `set`, `items`...) ignores domain and path unless they are given:
    of several cookies with one name, it means that of the domain seen last. Iteration gives `Cookie` objects.
    """

    __slots__ = ("_by_domain", "_last", "_order")

    def __init__(self, cookies: Mapping[str, str] | None = None) -> None:
        # domain -> (path, name) -> cookie. Cookies for every host are under "".
        self._by_domain: dict[str, dict[tuple[str, str], Cookie]] = {}
        # (host, secure, header, valid until) of the last request, for hosts whose cookies all have the path
        # "/".
        self._last: tuple[str, bool, str, float] | None = None
        self._order = 0
        if cookies:
            self.update(cookies)

    # -- requests and responses ------------------------------------------------------------------------------

    def header_for(self, target: Target, now: float) -> str:
        """The value of the Cookie header for this request; "" when there is nothing to send."""
        if not self._by_domain:
            return ""
        last = self._last
        secure = target.scheme == "https"
        if last is not None and last[0] == target.host and last[1] is secure and now < last[3]:
            return last[2]
        matching, until = self._matching(target.host, secure, now)
        if all(cookie.path == "/" for cookie in matching):
            header = "; ".join([f"{cookie.name}={cookie.value}" for cookie in matching])
            self._last = (target.host, secure, header, until)
            return header
        path = target.path
        chosen = [cookie for cookie in matching if path_matches(path, cookie.path)]
        return "; ".join([f"{cookie.name}={cookie.value}" for cookie in chosen])

    def store(self, target: Target, lines: Iterable[str | bytes], now: float) -> list[Cookie]:
        """Take the Set-Cookie values of an answer from `target`; returns the cookies that were accepted."""
        accepted: list[Cookie] = []
        for line in lines:
            cookie = parse_set_cookie(line, target, now)
            if cookie is None:
                continue
            if cookie.is_expired(now):
                self._remove(cookie.domain, cookie.path, cookie.name)
            else:
                self.set_cookie(cookie, now)
            accepted.append(cookie)
        return accepted

    def set_cookie(self, cookie: Cookie, now: float | None = None) -> None:
        """Add a cookie or replace the one with its name, domain and path; makes room where there is none."""
        self._last = None
        of_domain = self._by_domain.setdefault(cookie.domain, {})
        key = (cookie.path, cookie.name)
        old = of_domain.get(key)
        if old is not None:
            cookie.order = old.order
        else:
            self._order += 1
            cookie.order = self._order
        of_domain[key] = cookie
        if len(of_domain) > _MAX_PER_DOMAIN or (old is None and self._order > _MAX_COOKIES):
            self._make_room(cookie.domain, time() if now is None else now)

    def _matching(self, host: str, secure: bool, now: float) -> tuple[list[Cookie], float]:
        """The cookies of a host in the order of sending, whatever their paths, and until when that holds."""
        found: list[Cookie] = []
        until = _NEVER
        for domain, of_domain in self._by_domain.items():
            if domain and not domain_matches(host, domain):
                continue
            for cookie in of_domain.values():
                if (cookie.host_only and domain != host) or (cookie.secure and not secure):
                    continue
                if cookie.expires is not None:
                    if cookie.expires <= now:
                        continue
                    until = min(until, cookie.expires)
                found.append(cookie)
        if len(found) > 1:
            found.sort(key=_sending_order)
        return found, until

    def _make_room(self, domain: str, now: float) -> None:
        of_domain = self._by_domain[domain]
        if len(of_domain) > _MAX_PER_DOMAIN:
            _drop_oldest(of_domain, _MAX_PER_DOMAIN, now)
        if sum(map(len, self._by_domain.values())) <= _MAX_COOKIES:
            return
        for other in self._by_domain.values():
            _drop_oldest(other, len(other), now)
        for cookie in sorted(self, key=_age)[: max(0, len(self) - _MAX_COOKIES)]:
            self._remove(cookie.domain, cookie.path, cookie.name)

    def _remove(self, domain: str, path: str, name: str) -> None:
        self._last = None
        of_domain = self._by_domain.get(domain)
        if of_domain is not None and of_domain.pop((path, name), None) is not None and not of_domain:
            del self._by_domain[domain]

    # -- like the jar of requests ----------------------------------------------------------------------------

    def set(
        self,
        name: str,
        value: str | None,
        domain: str = "",
        path: str = "/",
        *,
        secure: bool = False,
        expires: float | None = None,
    ) -> Cookie | None:
        """Set a cookie by hand; None as the value removes all of that name (of that domain, if given).

        Without a domain it is sent to every host, with one also to the hosts below it.
        """
        if value is None:
            self.clear(domain or None, None, name)
            return None
        _check(name, value)
        cookie = Cookie(name, value, domain.lower().removeprefix("."), path, secure=secure, expires=expires)
        self.set_cookie(cookie)
        return cookie

    def get(
        self, name: str, default: str | None = None, domain: str | None = None, path: str | None = None
    ) -> str | None:
        """The value of the cookie of this name."""
        value = default
        for cookie in self._select(domain, path):
            if cookie.name == name:
                value = cookie.value
        return value

    def update(self, other: Mapping[str, str] | CookieJar) -> None:
        """Set all cookies of a mapping or of another jar."""
        if isinstance(other, CookieJar):
            for cookie in other:
                self.set_cookie(_copy(cookie))
        else:
            for name, value in other.items():
                self.set(name, value)

    def clear(self, domain: str | None = None, path: str | None = None, name: str | None = None) -> None:
        """Remove all cookies, or those of a domain, path, name."""
        for cookie in list(self._select(domain, path)):
            if name is None or cookie.name == name:
                self._remove(cookie.domain, cookie.path, cookie.name)

    def pop(self, name: str, default: str | None = None) -> str | None:
        """Remove the cookies of this name and return what `get` gives."""
        value = self.get(name, default)
        self.clear(name=name)
        return value

    def get_dict(self, domain: str | None = None, path: str | None = None) -> dict[str, str]:
        """The cookies as a plain dictionary."""
        return {cookie.name: cookie.value for cookie in self._select(domain, path)}

    def keys(self) -> list[str]:
        """The names, domain by domain."""
        return [cookie.name for cookie in self]

    def values(self) -> list[str]:
        """The values, domain by domain."""
        return [cookie.value for cookie in self]

    def items(self) -> list[tuple[str, str]]:
        """The (name, value) pairs, domain by domain."""
        return [(cookie.name, cookie.value) for cookie in self]

    def copy(self) -> CookieJar:
        """An independent jar with the same cookies."""
        jar = CookieJar()
        jar.update(self)
        return jar

    def _select(self, domain: str | None, path: str | None) -> Iterator[Cookie]:
        wanted = None if domain is None else domain.lower().removeprefix(".")
        return (
            cookie
            for cookie in self
            if (wanted is None or cookie.domain == wanted) and (path is None or cookie.path == path)
        )

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: str | None) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        self.clear(name=name)

    def __contains__(self, name: object) -> bool:
        return any(cookie.name == name for cookie in self)

    def __iter__(self) -> Iterator[Cookie]:
        for of_domain in self._by_domain.values():
            yield from of_domain.values()

    def __len__(self) -> int:
        return sum(map(len, self._by_domain.values()))

    def __bool__(self) -> bool:
        return bool(self._by_domain)

    def __repr__(self) -> str:
        return f"CookieJar({list(self)!r})"


def cookie_pairs(cookies: Mapping[str, str] | CookieJar) -> str:
    """Cookies as the value of a Cookie header. Raises ValueError for one that cannot be sent."""
    pairs = list(cookies.items())
    for name, value in pairs:
        _check(name, value)
    return "; ".join([f"{name}={value}" for name, value in pairs])


def merge_header(jar_header: str, extra: Mapping[str, str]) -> str:
    """The jar's header with the cookies of one request: these replace the jar's of the same name."""
    kept = [pair for pair in jar_header.split("; ") if pair and pair.partition("=")[0] not in extra]
    added = cookie_pairs(extra)
    return "; ".join([*kept, added] if added else kept)


def _check(name: str, value: str) -> None:
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance] - test authors need not check types
        raise TypeError(f"the value of cookie {name!r} must be text, not {type(value).__name__}")
    if not name or not _CONTROL.isdisjoint(name) or any(char in name for char in "=; ,"):
        raise ValueError(f"{name!r} is no valid cookie name")
    if ";" in value or not _CONTROL.isdisjoint(value):
        raise ValueError(f"the value of cookie {name!r} may not hold ';', line ends or control characters")


def _copy(cookie: Cookie) -> Cookie:
    return Cookie(
        cookie.name,
        cookie.value,
        cookie.domain,
        cookie.path,
        expires=cookie.expires,
        host_only=cookie.host_only,
        secure=cookie.secure,
        http_only=cookie.http_only,
        same_site=cookie.same_site,
    )


def _sending_order(cookie: Cookie) -> tuple[int, int]:
    return -len(cookie.path), cookie.order


def _age(cookie: Cookie) -> int:
    return cookie.order


def _drop_oldest(of_domain: dict[tuple[str, str], Cookie], limit: int, now: float) -> None:
    """Forget the expired, then the oldest beyond the limit."""
    for key in [key for key, cookie in of_domain.items() if cookie.is_expired(now)]:
        del of_domain[key]
    for cookie in sorted(of_domain.values(), key=_age)[: max(0, len(of_domain) - limit)]:
        del of_domain[cookie.path, cookie.name]
