"""What can be known to be wrong with HTTP options before a request is made: proxies, files, limits, statuses.

Rules: reads the files that options name and nothing else; the environment is passed in. What is found here would
otherwise fail each request of the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swell.http.proxy import parse_proxy, proxy_rules
from swell.http.reach import Reach
from swell.http.resolver import parse_resolve
from swell.http.statuses import status_set
from swell.http.tls import TlsSetupError, tls_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from swell.model.plan import HttpOptions, Network

__all__ = ["checked_seconds", "environment_problem", "option_problems"]

_LIMITS = ("timeout", "connect_timeout", "read_timeout")


def option_problems(options: HttpOptions) -> Iterator[tuple[str, str]]:
    """(name of the option, what is wrong with it, for people) of each that cannot work."""
    for name in _LIMITS:
        seconds: float | None = getattr(options, name)
        yield from _problem(name, lambda seconds=seconds: checked_seconds(seconds))
    if options.proxy and options.proxy.strip():
        proxy = options.proxy
        yield from _problem("proxy", lambda: parse_proxy(proxy))
    yield from _problem("expected_statuses", lambda: status_set(options.expected_statuses))
    for entry in options.resolve:
        yield from _problem("resolve", lambda entry=entry: _check_override(entry))
    if options.network is not None:
        network = options.network
        yield from _problem("network", lambda: _check_network(network))
    if isinstance(options.verify, str):
        yield from _problem("verify", lambda: tls_context(options.verify))
    if options.client_cert or options.client_key:
        name = "client_cert" if options.client_cert else "client_key"
        yield from _problem(name, lambda: tls_context(False, options.client_cert, options.client_key))


def environment_problem(options: HttpOptions, environ: Mapping[str, str]) -> str:
    """Why the proxies of the environment cannot be used with these options; empty if they can, or are not asked."""
    if options.proxy is not None or not options.trust_env:
        return ""
    return next((problem for _, problem in _problem("", lambda: proxy_rules(None, environ))), "")


def _check_override(entry: Sequence[Any]) -> None:
    """One of `resolve`; a file may hold anything there."""
    if isinstance(entry, str) or len(entry) != 3:
        raise ValueError(f"{entry!r}: write (HOST, PORT, ADDRESS), as in ('example.com', 443, '127.0.0.1')")
    host, port, address = entry
    parse_resolve(f"{host}:{port or '*'}:{address}")


def _check_network(network: Network) -> None:
    wish = Reach(network).tls_wish("")
    if wish is not None:
        tls_context(False, wish=wish)


def checked_seconds(seconds: float | None) -> float | None:
    """A time limit as it came; None is none. Raises ValueError for one that leaves no time at all."""
    if seconds is not None and not seconds > 0:
        raise ValueError(f"a limit of {seconds:g} s leaves no time for anything")
    return seconds


def _problem(name: str, look: Callable[[], object]) -> Iterator[tuple[str, str]]:
    try:
        look()
    except (ValueError, TlsSetupError) as error:
        yield name, str(error)
