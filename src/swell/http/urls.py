"""URLs: taken apart for the request line, put together from host and path, resolved for redirects.

Rules: pure. What a test author wrote is sent as written; only characters that may not stand in a request line
are percent-encoded (in UTF-8), and a fragment is never sent. Dot segments stay, since a test may want to send
them. A URL that no request can be made from is `InvalidUrl` when a person wrote it and `RequestError` when a
server sent it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, TypeAlias, cast
from urllib.parse import quote, quote_plus, unquote, urljoin

from swell.http.errors import InvalidUrl, RequestError

__all__ = [
    "REDIRECT_STATUSES",
    "Params",
    "Target",
    "add_params",
    "encode_pairs",
    "host_to_ascii",
    "is_ip",
    "join_url",
    "keeps_credentials",
    "redirect_method",
    "resolve_redirect",
    "split_authority",
    "split_url",
]

Params: TypeAlias = Mapping[str, object] | Iterable[tuple[str, object]] | str | bytes

REDIRECT_STATUSES: Final = frozenset({301, 302, 303, 307, 308})

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_ABSOLUTE: Final = re.compile(r"https?://", re.IGNORECASE)
_PARTS: Final = re.compile(r"(https?)://([^/?#\\]*)([^?#]*)(\?[^#]*)?(?:#.*)?", re.IGNORECASE | re.DOTALL)
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HOST: Final = re.compile(r"[a-z0-9._~-]+")
# What RFC 3986 allows in a path (and "%", looked at below); a query may also hold "?" and, by custom,
# brackets.
_PATH_SAFE: Final = "!$&'()*+,;=:@/%-._~"
_QUERY_SAFE: Final = _PATH_SAFE + "?[]"
_CLEAN_PATH: Final = re.compile(r"[A-Za-z0-9!$&'()*+,;=:@/\-._~]*")
_CLEAN_QUERY: Final = re.compile(r"[A-Za-z0-9!$&'()*+,;=:@/\-._~?\[\]]*")
_LONE_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Target:
    """Where one request goes. Immutable by convention; shared by all users of the same URL.

    `host` is lower case ASCII, an IPv6 address without brackets; `target` is path and query as sent;
    `host_header` names the port only when it is not the scheme's own; `userinfo` is the decoded (user,
    password) of the URL.
    """

    __slots__ = ("host", "host_header", "origin", "port", "scheme", "target", "userinfo")

    def __init__(self, scheme: str, host: str, port: int, target: str, userinfo: tuple[str, str] | None = None) -> None:
        self.scheme = scheme
        self.host = host
        self.port = port
        self.target = target
        self.userinfo = userinfo
        # A zone id ("fe80::1%eth0") is of this machine only; it is never sent.
        shown = f"[{host.partition('%')[0]}]" if ":" in host else host
        self.host_header = shown if port == _DEFAULT_PORTS[scheme] else f"{shown}:{port}"
        self.origin = (scheme, host, port)

    @property
    def url(self) -> str:
        """The absolute URL, without user, password and fragment."""
        return f"{self.scheme}://{self.host_header}{self.target}"

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def __repr__(self) -> str:
        return f"Target({self.url})"


@lru_cache(maxsize=2048)
def split_url(url: str) -> Target:
    """Take an absolute http or https URL apart. Raises InvalidUrl."""
    parts = _PARTS.fullmatch(url.strip())
    if parts is None:
        raise InvalidUrl(_why_not_absolute(url))
    scheme = parts[1].lower()
    try:
        userinfo, host, port = split_authority(parts[2])
    except ValueError as exc:
        raise InvalidUrl(f"{_shown(url)}: {exc}") from None
    path = _quoted(parts[3], _CLEAN_PATH, _PATH_SAFE) or "/"
    if path[0] != "/":
        path = "/" + path
    query = parts[4]
    if query:
        path += _quoted(query, _CLEAN_QUERY, _QUERY_SAFE)
    return Target(scheme, host, port or _DEFAULT_PORTS[scheme], path, userinfo)


def split_authority(text: str) -> tuple[tuple[str, str] | None, str, int]:
    """`user:password@host:port` as (userinfo or None, host, port or 0 when not given). Raises ValueError."""
    userinfo = None
    user_text, at, host_text = text.rpartition("@")
    if at:
        user, _, password = user_text.partition(":")
        userinfo = (unquote(user), unquote(password))
    if host_text.startswith("["):
        host, closing, port_text = host_text[1:].partition("]")
        if not closing or (port_text and port_text[0] != ":"):
            raise ValueError("an IPv6 address stands in brackets, as in http://[::1]:8080/")
        host = host.replace("%25", "%", 1).lower()
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            raise ValueError(f"[{host}] is no IPv6 address") from None
        port_text = port_text[1:]
    else:
        host, _, port_text = host_text.partition(":")
        if ":" in port_text:
            raise ValueError(f"{port_text!r} is no port; an IPv6 address needs brackets, as in http://[::1]:8080/")
        host = host_to_ascii(host)
    if not port_text:
        return userinfo, host, 0
    port = int(port_text) if port_text.isascii() and port_text.isdigit() and len(port_text) < 6 else 0
    if not 0 < port < 65536:
        raise ValueError(f"the port must be a number from 1 to 65535, not {port_text!r}")
    return userinfo, host, port


def host_to_ascii(host: str) -> str:
    """A host name as it is looked up and sent: lower case, IDNA where it is not ASCII. Raises ValueError."""
    if "%" in host:
        host = unquote(host)
    lowered = host.lower()
    if _HOST.fullmatch(lowered):
        return lowered
    if not host:
        raise ValueError("the host name is missing")
    if not host.isascii():
        import idna  # noqa: PLC0415 - its tables are big, and almost no test needs them

        try:
            lowered = idna.encode(host, uts46=True).decode("ascii")
        except UnicodeError as exc:
            raise ValueError(f"{host!r} is no valid host name: {exc}") from None
        if _HOST.fullmatch(lowered):
            return lowered
    raise ValueError(f"{host!r} is no valid host name")


def is_ip(host: str) -> bool:
    """True for an IPv4 or IPv6 address (without brackets)."""
    if ":" in host:
        return True
    if not host or not host[-1].isdigit():
        return False
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def join_url(base: str, url: str, *, plain: bool = False) -> str:
    """The URL for a path under a base: an absolute URL as it is, else base + url.

    Where plain joining would damage the path, one slash stands between the two: "http://h/" + "/a" and
    "http://h" + "a" are both "http://h/a". A base with a query takes the text as it is. `plain` joins without
    looking, as Locust does.
    """
    if not base or _ABSOLUTE.match(url):
        return url
    if plain or not url or "?" in base or "#" in base:
        return base + url
    if base[-1] == "/":
        return base + url[1:] if url[0] == "/" else base + url
    return base + url if url[0] in "/?#" else f"{base}/{url}"


def encode_pairs(params: Params) -> str:
    """Parameters as application/x-www-form-urlencoded text, by the rules of requests.

    A list or tuple as a value repeats the key, None is left out, other values are sent as `str()`. Text and
    bytes pass as they are.
    """
    if isinstance(params, str):
        return params
    if isinstance(params, bytes):
        return params.decode("latin-1")
    pairs = cast("Iterable[tuple[object, object]]", params.items() if isinstance(params, Mapping) else params)
    encoded: list[str] = []
    for pair in pairs:
        try:
            key, value = pair
        except (TypeError, ValueError):
            raise TypeError(f"parameters must be a mapping or (name, value) pairs, not {pair!r}") from None
        if value is None:
            continue
        name = _plus(key)
        if isinstance(value, str | bytes) or not isinstance(value, Iterable):
            encoded.append(f"{name}={_plus(value)}")
        else:
            values = cast("Iterable[object]", value)
            encoded += [f"{name}={_plus(each)}" for each in values if each is not None]
    return "&".join(encoded)


def add_params(url: str, params: Params | None) -> str:
    """The URL with parameters added to its query, before the fragment."""
    if not params:
        return url
    added = encode_pairs(params)
    if not added:
        return url
    front, mark, fragment = url.partition("#")
    joint = "?"
    if "?" in front:
        joint = "" if front[-1] in "?&" else "&"
    return f"{front}{joint}{added}{mark}{fragment}"


def resolve_redirect(current_url: str, location: str | bytes) -> str:
    """The absolute URL a Location header leads to; keeps the current fragment when it has none of its own.

    Raises RequestError "malformed" or "invalid_url".
    """
    text = location.decode("latin-1") if isinstance(location, bytes) else location
    text = _repaired(text).strip()
    try:
        url = urljoin(current_url, text)
    except ValueError:
        raise RequestError("malformed", f"the redirect to {_shown(text)} is not a valid URL") from None
    try:
        split_url(url)
    except InvalidUrl as exc:
        raise RequestError("invalid_url", f"the redirect cannot be followed: {exc.message}") from None
    fragment = current_url.partition("#")[2]
    return f"{url}#{fragment}" if fragment and "#" not in text else url


def redirect_method(method: str, status: int) -> tuple[str, bool]:
    """(method, whether the body goes along) of the request that follows a redirect.

    As browsers do: 303 turns everything but HEAD into GET, 301 and 302 turn POST into GET, 307 and 308 repeat
    the request as it was.
    """
    if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
        return "GET", False
    return method, status != 303


def keeps_credentials(old: Target, new: Target) -> bool:
    """Whether Authorization goes along: on the same origin, or from http to https of one host."""
    if old.host != new.host:
        return False
    if old.origin == new.origin:
        return True
    return old.scheme == "http" and old.port == 80 and new.scheme == "https" and new.port == 443


def _repaired(text: str) -> str:
    """Text that was UTF-8 but read as Latin-1, as header values are: read again, where that is valid."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _quoted(text: str, clean: re.Pattern[str], safe: str) -> str:
    if clean.fullmatch(text):
        return text
    return quote(_LONE_PERCENT.sub("%25", text), safe=safe, errors="replace")


def _plus(value: object) -> str:
    if isinstance(value, bytes):
        return quote_plus(value)
    return quote_plus(value if isinstance(value, str) else str(value), errors="replace")


def _shown(url: str) -> str:
    """A URL for a message: quoted, not too long, without a password."""
    text = re.sub(r"//[^/@]*@", "//***@", url)
    return repr(text if len(text) <= 120 else text[:117] + "...")


def _why_not_absolute(url: str) -> str:
    scheme = _SCHEME.match(url.strip())
    if scheme and "//" in url and scheme[1].lower() not in _DEFAULT_PORTS:
        return f"{_shown(url)}: only http:// and https:// can be requested"
    if not url.strip():
        return "the URL is empty; write a path (with a host set) or a whole URL such as http://localhost:8000/"
    return (
        f"{_shown(url)} has no http:// or https:// in front: set a host (--host http://localhost:8000,"
        " or `host` of the user class), or write the whole URL"
    )
