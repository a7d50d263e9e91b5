"""Set-Cookie lines read by RFC 6265, section 5: the pair, the attributes, dates in all their forms.

Rules: pure; the time is passed in (wall clock, seconds since 1970). Whatever a server sends gives a cookie or
None, never an exception. Of the later draft (6265bis) it takes what browsers do today: control characters
refuse a cookie, a pair has at most 4,096 bytes, `__Secure-` and `__Host-` names keep their promise.
"""

from __future__ import annotations

import re
from calendar import timegm
from typing import TYPE_CHECKING, Final

from swell.http.urls import host_to_ascii, is_ip

if TYPE_CHECKING:
    from swell.http.urls import Target

__all__ = ["Cookie", "default_path", "domain_matches", "parse_date", "parse_set_cookie", "path_matches"]

_MAX_PAIR: Final = 4096
_MAX_ATTRIBUTE: Final = 1024
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_DELIMITERS: Final = re.compile(r"[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME: Final = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)", re.ASCII)
_DAY: Final = re.compile(r"(\d{1,2})(?!\d)", re.ASCII)
_YEAR: Final = re.compile(r"(\d{2,4})(?!\d)", re.ASCII)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SECONDS: Final = re.compile(r"-?\d+", re.ASCII)


class Cookie:
    """One cookie. `expires` is seconds since 1970, None for the length of the session.

    `domain` "" means every host (only cookies set by a test author). `order` grows with creation; a
    replacement keeps that of the cookie it replaces.
    """

    __slots__ = (
        "domain",
        "expires",
        "host_only",
        "http_only",
        "name",
        "order",
        "path",
        "same_site",
        "secure",
        "value",
    )

    def __init__(
        self,
        name: str,
        value: str,
        domain: str = "",
        path: str = "/",
        *,
        expires: float | None = None,
        host_only: bool = False,
        secure: bool = False,
        http_only: bool = False,
        same_site: str = "",
    ) -> None:
        self.name = name
        self.value = value
        self.domain = domain
        self.path = path
        self.expires = expires
        self.host_only = host_only
        self.secure = secure
        self.http_only = http_only
        self.same_site = same_site
        self.order = 0

    def is_expired(self, now: float) -> bool:
        """True from the moment of expiry on."""
        return self.expires is not None and self.expires <= now

    def __repr__(self) -> str:
        return f"Cookie({self.name}={self.value} for {self.domain or '*'}{self.path})"


def parse_set_cookie(line: str | bytes, target: Target, now: float) -> Cookie | None:
    """The cookie of one Set-Cookie value that came in the answer from `target`; None if it must be ignored.

    A cookie that expires at once is returned (it deletes an older one). Text is read as Latin-1.
    """
    text = line.decode("latin-1") if isinstance(line, bytes) else line
    if _CONTROL.search(text):
        return None
    pair, _, rest = text.partition(";")
    name, equals, value = pair.partition("=")
    name, value = name.strip(" \t"), value.strip(" \t")
    if not equals or not name or len(name) + len(value) > _MAX_PAIR:
        return None
    attributes: dict[str, str] = {}
    for part in rest.split(";") if rest else ():
        key, _, given = part.partition("=")
        given = given.strip(" \t")
        if len(given) <= _MAX_ATTRIBUTE:
            attributes[key.strip(" \t").lower()] = given
    domain = _domain_of(attributes.get("domain", ""), target.host)
    if domain is None:
        return None
    path = attributes.get("path", "")
    cookie = Cookie(
        name,
        value,
        domain or target.host,
        path if path.startswith("/") else default_path(target.target),
        expires=_expiry(attributes, now),
        host_only=not domain,
        secure="secure" in attributes,
        http_only="httponly" in attributes,
        same_site=attributes.get("samesite", "").lower(),
    )
    return cookie if _keeps_promise(cookie, target, has_path=path == "/") else None


def _keeps_promise(cookie: Cookie, target: Target, *, has_path: bool) -> bool:
    """The prefixes __Secure- and __Host- say what the attributes must be."""
    lowered = cookie.name.lower()
    if not lowered.startswith(("__secure-", "__host-")):
        return True
    if not cookie.secure or target.scheme != "https":
        return False
    return lowered.startswith("__secure-") or (cookie.host_only and has_path)


def _domain_of(given: str, host: str) -> str | None:
    """The Domain attribute made canonical: "" for host-only, None to refuse the cookie.

    A single label ("com") is taken for a public suffix and refused, unless it is the host itself. There is no
    list of public suffixes ("co.uk"): the hosts of a load test are known, and the list is large and ages.
    """
    domain = given.removeprefix(".")
    if not domain:
        return ""
    try:
        domain = host_to_ascii(domain)
    except ValueError:
        return None
    if domain == host:
        # For an address or a single label the attribute says no more than its absence.
        return "" if is_ip(host) or "." not in host else domain
    if "." not in domain.strip(".") or not domain_matches(host, domain):
        return None
    return domain


def domain_matches(host: str, domain: str) -> bool:
    """Whether the host is the domain or lies below it; addresses match only themselves."""
    if host == domain:
        return True
    return host.endswith(domain) and host[-len(domain) - 1] == "." and not is_ip(host)


def path_matches(path: str, cookie_path: str) -> bool:
    """Whether the path of a request is the cookie's or lies below it."""
    if cookie_path in ("/", path):
        return True
    if not path.startswith(cookie_path):
        return False
    return cookie_path[-1] == "/" or path[len(cookie_path)] == "/"


def default_path(target: str) -> str:
    """The path of a cookie that names none: the directory of the request."""
    path = target.partition("?")[0]
    return path[: path.rfind("/")] or "/"


def _expiry(attributes: dict[str, str], now: float) -> float | None:
    """Max-Age before Expires; 0 or less is "at once"."""
    age = attributes.get("max-age")
    if age is not None and _SECONDS.fullmatch(age):
        # The cut keeps int() from reading absurd numbers: 12 digits are 30,000 years.
        return 0.0 if age[0] == "-" or not age.strip("0") else now + float(int(age.lstrip("0")[:12]))
    given = attributes.get("expires")
    return None if given is None else parse_date(given)


def parse_date(text: str) -> float | None:
    """A cookie date in whatever form, as seconds since 1970 (never below 0); None if it is none."""
    time: tuple[int, int, int] | None = None
    day = month = year = None
    for token in _DELIMITERS.split(text):
        if time is None and (found := _TIME.match(token)):
            time = (int(found[1]), int(found[2]), int(found[3]))
        elif day is None and (found := _DAY.match(token)):
            day = int(found[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and (found := _YEAR.match(token)):
            year = int(found[1])
    if time is None or day is None or month is None or year is None:
        return None
    if year < 100:
        year += 1900 if year >= 70 else 2000
    if not 1 <= day <= _MONTH_DAYS[month - 1] or year < 1601 or time[0] > 23 or time[1] > 59 or time[2] > 59:
        return None
    if month == 2 and day == 29 and (year % 4 or (year % 100 == 0 and year % 400)):
        return None
    return float(max(0, timegm((year, month, day, *time))))
