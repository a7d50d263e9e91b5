"""Which proxy a request goes through: an option, or the environment.

Rules: pure; the environment is passed in. An option is used for every host that NO_PROXY does not name; a
proxy of the environment is besides not used for this machine itself (localhost, 127.0.0.0/8, ::1), as k6 has
it. Names are read in lower case first, then in upper case. Only HTTP proxies exist here; a SOCKS address is
refused with a message.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Final, TypeAlias

from swell.http.auth import basic_header
from swell.http.headers import header_line
from swell.http.urls import Target, is_ip, split_authority

__all__ = ["Proxy", "ProxyRules", "connect_head", "parse_proxy", "proxy_rules"]

_PORTS: Final = {"http": 80, "https": 443}
_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class Proxy:
    """One HTTP proxy. `scheme` "https" means TLS to the proxy itself; `authorization` is for Proxy-Authorization.

    `url` is for messages and has no password.
    """

    __slots__ = ("authorization", "host", "port", "scheme", "url")

    def __init__(self, scheme: str, host: str, port: int, authorization: str | None = None) -> None:
        self.scheme = scheme
        self.host = host
        self.port = port
        self.authorization = authorization
        self.url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    def __repr__(self) -> str:
        return f"Proxy({self.url})"


class ProxyRules:
    """The proxies of one client, asked once per new connection or origin; the answer depends on nothing else."""

    __slots__ = ("_by_scheme", "_exceptions", "_skip_loopback")

    def __init__(
        self, by_scheme: Mapping[str, Proxy | None], exceptions: str = "", *, skip_loopback: bool = False
    ) -> None:
        self._by_scheme = by_scheme
        self._exceptions = [_Exception(part) for part in exceptions.replace(" ", ",").split(",") if part]
        self._skip_loopback = skip_loopback

    def proxy_for(self, target: Target) -> Proxy | None:
        """The proxy to reach this target through; None to go directly."""
        proxy = self._by_scheme.get(target.scheme)
        if proxy is None or (self._skip_loopback and _is_loopback(target.host)):
            return None
        if any(exception.covers(target.host, target.port) for exception in self._exceptions):
            return None
        return proxy


def proxy_rules(option: str | None, environ: Mapping[str, str]) -> ProxyRules | None:
    """The rules from an option and the environment; None when everything goes directly.

    An empty option means "no proxy, whatever the environment says". Pass {} for an environment that is not to
    be trusted. Raises ValueError for an address that is no proxy, naming where it comes from.
    """
    exceptions = _variable(environ, "no_proxy")[1]
    if option is not None:
        if not option.strip():
            return None
        proxy = parse_proxy(option)
        return ProxyRules({"http": proxy, "https": proxy}, exceptions)
    by_scheme: dict[str, Proxy | None] = {}
    for scheme in ("http", "https"):
        name, value = _variable(environ, f"{scheme}_proxy")
        if not value:
            name, value = _variable(environ, "all_proxy")
        if value:
            try:
                by_scheme[scheme] = parse_proxy(value)
            except ValueError as exc:
                raise ValueError(f"environment variable {name}: {exc}") from None
    return ProxyRules(by_scheme, exceptions, skip_loopback=True) if by_scheme else None


def parse_proxy(text: str) -> Proxy:
    """A proxy written as http://user:password@host:port; scheme, user and port may be missing. Raises ValueError."""
    scheme, separator, rest = text.strip().partition("://")
    if not separator:
        scheme, rest = "http", scheme
    scheme = scheme.lower()
    if scheme not in _PORTS:
        raise ValueError(f"{scheme}:// is no proxy Swell can use; give an http:// or https:// proxy")
    authority = rest.partition("/")[0]
    try:
        userinfo, host, port = split_authority(authority)
    except ValueError as exc:
        raise ValueError(f"the proxy {authority.rpartition('@')[2]!r} is not valid: {exc}") from None
    return Proxy(scheme, host, port or _PORTS[scheme], basic_header(*userinfo) if userinfo else None)


def connect_head(target: Target, proxy: Proxy, user_agent: str = "") -> bytes:
    """The request that opens a tunnel through the proxy."""
    name = target.host.partition("%")[0]
    host = f"[{name}]:{target.port}" if ":" in name else f"{name}:{target.port}"
    head = f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n".encode("ascii")
    if user_agent:
        head += header_line("User-Agent", user_agent)
    if proxy.authorization:
        head += header_line("Proxy-Authorization", proxy.authorization)
    return head + b"\r\n"


class _Exception:
    """One entry of NO_PROXY: `*`, a domain with all below it, an address, a network; each may name a port.

    `.domain` and `*.domain` are taken for the domain itself too, as requests and curl do.
    """

    __slots__ = ("_name", "_network", "_port")

    def __init__(self, text: str) -> None:
        name, port = _split_port(text.strip().lower())
        self._port = port
        self._network = _network(name.strip("[]"))
        self._name = name if name == "*" else name.removeprefix("*").removeprefix(".")

    def covers(self, host: str, port: int) -> bool:
        """Whether a connection to this host and port goes directly."""
        if self._port not in (0, port):
            return False
        if self._name == "*":
            return True
        if self._network is not None:
            return is_ip(host) and ipaddress.ip_address(host) in self._network
        return host == self._name or (host.endswith("." + self._name) and not is_ip(host))


def _split_port(text: str) -> tuple[str, int]:
    front, colon, port = text.rpartition(":")
    if colon and port.isdigit() and (":" not in front or front.endswith("]")):
        return front, int(port)
    return text, 0


def _network(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _variable(environ: Mapping[str, str], name: str) -> tuple[str, str]:
    """(the name that was set, its value): lower case before upper case, "" for none."""
    for spelled in (name, name.upper()):
        value = environ.get(spelled, "").strip()
        if value:
            return spelled, value
    return name, ""


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return is_ip(host) and ipaddress.ip_address(host).is_loopback
