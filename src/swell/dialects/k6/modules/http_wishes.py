"""The parameters of a request (k6's `params`): JSON from a script to what the HTTP client is told.

Rules: pure, and kept by text, since scripts send the same parameters again and again. What cannot be meant is a
JsThrow with the key at fault. Times are seconds here, milliseconds or Go durations ("1m30s") in scripts.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, cast

import msgspec

from swell.dialects.javascript import JsThrow
from swell.http.statuses import status_set

__all__ = ["ANY_STATUS", "NO_WISHES", "Wishes", "expected_from", "seconds_of", "wishes_of"]

ANY_STATUS: Final = frozenset(range(1000))
RESPONSE_TYPES: Final = ("text", "binary", "none")
_AUTHS: Final = ("", "basic", "digest")
_COMPRESSIONS: Final = ("gzip", "deflate", "br", "zstd")
_DURATION: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h|d)")
_UNITS: Final = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400,
}


class Wishes(msgspec.Struct, frozen=True, gc=False):
    """What one request wants. None and "" mean: as usual.

    `jar`: the number of a script's cookie jar. `plain` says that headers, tags and expected statuses are all there is.
    """

    headers: dict[str, str] | None = None
    tags: dict[str, str] | None = None
    name: str | None = None
    timeout: float | None = None
    cookies: dict[str, str] | None = None
    jar: int = 0
    redirects: int | None = None
    auth: str = ""
    compression: tuple[str, ...] = ()
    response_type: str = ""
    expected: frozenset[int] | None = None
    throw: bool | None = None
    plain: bool = True


NO_WISHES: Final = Wishes()


@lru_cache(maxsize=2048)
def wishes_of(text: str | None) -> Wishes:
    """The wishes in a script's params as JSON. Raises JsThrow."""
    if text is None:
        return NO_WISHES
    found: dict[str, Any] = msgspec.json.decode(text)
    tags = _texts(found.get("tags"), "tags")
    name = tags.pop("name", None) if tags else None
    jar, callback = found.get("jar"), found.get("responseCallback", ...)
    wishes = Wishes(
        headers=_headers(found.get("headers")),
        tags=tags or None,
        name=name,
        timeout=_timeout(found.get("timeout")),
        cookies=_cookies(found.get("cookies")),
        jar=int(jar["jar"]) if jar else 0,
        redirects=_redirects(found.get("redirects")),
        auth=_auth(found.get("auth")),
        compression=_compression(found.get("compression")),
        response_type=_response_type(found.get("responseType")),
        # Without a callback nothing can be unexpected.
        expected=None
        if callback is ...
        else ANY_STATUS
        if callback is None
        else expected_from(callback.get("statuses", [])),
        throw=None if found.get("throw") is None else bool(found["throw"]),
    )
    simple = (
        wishes.timeout is None
        and not wishes.cookies
        and not wishes.jar
        and wishes.redirects is None
        and not wishes.auth
        and not wishes.compression
    )
    return wishes if simple else msgspec.structs.replace(wishes, plain=False)


def expected_from(ranges: list[list[int]]) -> frozenset[int]:
    """The statuses of `http.expectedStatuses()`; [low, high] pairs, both included."""
    return status_set([(low, high) for low, high in ranges])


def seconds_of(value: object, key: str) -> float:
    """Seconds of a number of milliseconds or of a Go duration. Raises JsThrow."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value / 1000.0
    text = str(value).strip()
    try:
        return float(text) / 1000.0
    except ValueError:
        pass
    total, end = 0.0, 0
    while found := _DURATION.match(text, end):
        total += float(found[0].removesuffix(found[1])) * _UNITS[found[1]]
        end = found.end()
    if not text or end != len(text):
        raise JsThrow("Error", f'{key} must be milliseconds or a duration such as "1.5s", not {value!r}')
    return total


def _shown(value: object) -> str:
    """A value as text, numbers and booleans as scripts write them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _texts(value: object, key: str) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise JsThrow("TypeError", f"params.{key} must be an object of names and values")
    texts: dict[str, str] = {}
    for name, each in cast("dict[str, object]", value).items():
        if each is None:
            continue
        if isinstance(each, dict | list):
            raise JsThrow("TypeError", f"params.{key}: the value of {name!r} must be a string, a number or a boolean")
        texts[name] = _shown(each)
    return texts


def _headers(value: object) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise JsThrow("TypeError", "params.headers must be an object of names and values")
    headers: dict[str, str] = {}
    for name, each in cast("dict[str, object]", value).items():
        if name.lower() == "content-length":  # the client counts better
            continue
        if isinstance(each, list):
            headers[name] = ",".join(_shown(one) for one in cast("list[object]", each))
        else:
            headers[name] = _shown(each)
    return headers or None


def _timeout(value: object) -> float | None:
    if value is None:
        return None
    seconds = seconds_of(value, "params.timeout")
    return seconds if seconds > 0 else None


def _cookies(value: object) -> dict[str, str] | None:
    if not isinstance(value, dict):
        return None
    cookies: dict[str, str] = {}
    for name, each in cast("dict[str, object]", value).items():
        if isinstance(each, dict):
            given = cast("dict[str, object]", each)
            cookies[name] = _shown(given.get("value", ""))
        elif each is not None:
            cookies[name] = _shown(each)
    return cookies or None


def _redirects(value: object) -> int | None:
    if value is None:
        return None
    try:
        return max(0, int(cast("int", value)))
    except (TypeError, ValueError):
        raise JsThrow("TypeError", f"params.redirects must be a whole number, not {value!r}") from None


def _auth(value: object) -> str:
    auth = str(value or "").lower()
    if auth == "ntlm":
        raise JsThrow("Error", 'auth "ntlm" is not supported; use "basic" or "digest"')
    if auth not in _AUTHS:
        raise JsThrow("Error", f'params.auth must be "basic" or "digest", not {value!r}')
    return auth


def _compression(value: object) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for name in str(value or "").split(",") if name.strip())
    for name in names:
        if name not in _COMPRESSIONS:
            raise JsThrow("Error", f"params.compression: {name!r} is unknown; use {', '.join(_COMPRESSIONS)}")
    return names


def _response_type(value: object) -> str:
    if value in (None, ""):
        return ""
    if value not in RESPONSE_TYPES:
        raise JsThrow("Error", f"params.responseType must be one of {', '.join(RESPONSE_TYPES)}, not {value!r}")
    return str(value)
