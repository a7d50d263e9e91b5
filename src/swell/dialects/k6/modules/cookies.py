"""Cookie jars of k6 scripts: what `http.CookieJar` and `http.cookieJar()` ask for.

Rules: jar 0 is the VU's own, which its requests use unless told otherwise. A cookie without a domain belongs to the
host of the URL alone, one without a path to "/". Cookies whose domain does not fit the URL are refused.
"""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec

from swell.dialects.javascript import JsThrow
from swell.dialects.k6.modules.http_state import state_of
from swell.http.cookie_syntax import domain_matches, parse_date, path_matches
from swell.http.cookies import Cookie, CookieJar
from swell.http.errors import InvalidUrl
from swell.http.urls import Target, split_url

__all__ = ["clear_jar", "jar_cookies", "jar_set", "new_jar", "usable"]


def new_jar(context: Any) -> int:
    """A new, empty jar of the script; its number."""
    jars = state_of(context).jars
    number = len(jars) + 1
    jars[number] = CookieJar()
    return number


def usable(context: Any) -> None:
    """Raises JsThrow where the VU's own jar is not to be had: in init code."""
    state_of(context).begin()


def jar_cookies(context: Any, jar: int, url: str) -> str:
    """The cookies that a request to this URL would send, as JSON of name -> values."""
    found: dict[str, list[str]] = {}
    for cookie in _of(state_of(context).jar(jar), _target(url)):
        found.setdefault(cookie.name, []).append(cookie.value)
    return json.dumps(found)


def jar_set(  # noqa: PLR0917 - called by a script's own arguments
    context: Any, jar: int, url: str, name: str, value: str, options: str
) -> bool:
    """Set a cookie for this URL; `options` is JSON of domain, path, expires, max_age, secure and http_only."""
    target = _target(url)
    given: dict[str, Any] = msgspec.json.decode(options)
    domain = str(given.get("domain") or "").lower().removeprefix(".")
    if domain and not domain_matches(target.host, domain):
        return True  # as a browser would: the cookie is dropped
    expires: float | None = None
    if given.get("expires"):
        expires = parse_date(str(given["expires"]))
        if expires is None:
            raise JsThrow(
                "Error", f"the cookie's expires must be a date like an HTTP header's, not {given['expires']!r}"
            )
    if age := int(given.get("max_age") or 0):
        expires = time.time() + age
    state_of(context).jar(jar).set_cookie(
        Cookie(
            name,
            value,
            domain or target.host,
            str(given.get("path") or "/"),
            expires=expires,
            host_only=not domain,
            secure=bool(given.get("secure")),
            http_only=bool(given.get("http_only")),
        )
    )
    return True


def clear_jar(context: Any, jar: int, url: str, name: str | None) -> None:
    """Remove the cookies that a request to this URL would send, or those of them with this name."""
    cookies = state_of(context).jar(jar)
    for cookie in _of(cookies, _target(url)):
        if name is None or cookie.name == name:
            cookies.clear(cookie.domain, cookie.path, cookie.name)


def _target(url: str) -> Target:
    try:
        return split_url(url)
    except InvalidUrl as error:
        raise JsThrow("Error", error.message) from None


def _of(jar: CookieJar, target: Target) -> list[Cookie]:
    now = time.time()
    return [
        cookie
        for cookie in jar
        if not cookie.is_expired(now)
        and (not cookie.secure or target.scheme == "https")
        and (
            cookie.domain in ("", target.host) or (not cookie.host_only and domain_matches(target.host, cookie.domain))
        )
        and path_matches(target.path, cookie.path)
    ]
