"""A script's options that belong to the HTTP client, as the engine's `HttpOptions`.

Rules: pure. What the client cannot do yet is named, so that a run never seems to do what it does not. Bodies are kept
also with `discardResponseBodies`, since single requests may ask for theirs: http_state.py sees to that option.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from swell.model.plan import HttpOptions

__all__ = ["http_options"]

_NOT_YET: Final = {
    "blacklistIPs": "blocked address ranges",
    "blockHostnames": "blocked host names",
    "dns": "rules for looking up names (the client keeps answers for 60 s)",
    "localIPs": "local addresses to send from",
    "noConnectionReuse": "a new connection for each request",
    "tlsAuth": "client certificates by domain",
    "tlsCipherSuites": "a choice of cipher suites",
    "tlsVersion": "a choice of TLS versions",
}


def http_options(options: Mapping[str, Any], user_agent: str = "") -> tuple[HttpOptions, list[str]]:
    """(`HttpOptions`, what is not supported) of a script's options by k6's names; `user_agent` is the default.

    Raises ValueError for an entry of `hosts` that is none, or a wildcard that is not supported.
    """
    resolve: list[tuple[str, int, str]] = []
    hosts: Mapping[str, Any] = options.get("hosts") or {}
    for host, address in hosts.items():
        resolve.append(_override(host, str(address)))
    redirects = options.get("maxRedirects")
    agent = options.get("userAgent")
    refused = [f"{name}: {text} are not supported" for name, text in _NOT_YET.items() if options.get(name)]
    return (
        HttpOptions(
            verify=not options.get("insecureSkipTLSVerify"),
            resolve=tuple(resolve),
            max_redirects=10 if redirects is None else int(redirects),
            user_agent=user_agent if agent is None else str(agent),
        ),
        refused,
    )


def _override(host: str, address: str) -> tuple[str, int, str]:
    """One entry of `hosts`: a name, or a name and port, to an address."""
    name, colon, port = host.rpartition(":")
    if not colon or not port.isdecimal():
        name, port = host, "0"
    if "*" in name and name != "*":
        raise ValueError(f"hosts: wildcards like {host!r} are not supported; name each host")
    target, colon, target_port = address.rpartition(":")
    if colon and target_port.isdecimal() and ":" not in target:
        if target_port != port:
            raise ValueError(f"hosts: {host!r} -> {address!r}: another port is not supported; change the URL's port")
        address = target
    return name, int(port), address.strip("[]")
