"""A script's options that belong to the HTTP client, as the engine's `HttpOptions`.

Rules: pure. Client certificates are no part of it, since plans are stored: `own_certificates` gives them to whoever
makes the client. Bodies are kept also with `discardResponseBodies`, since single requests may ask for theirs:
http_state.py sees to that option.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from swell.dialects.k6.inspect_requirements import seconds_of
from swell.dialects.k6.option_network import TLS_VERSIONS, cipher_names, split_port
from swell.dialects.k6.option_values import OptionError
from swell.model.plan import HttpOptions, Network

if TYPE_CHECKING:
    from swell.http.reach import OwnCertificate

__all__ = ["CONNECTION_TAGS", "check_tls", "http_options", "own_certificates"]

CONNECTION_TAGS: Final = ("proto", "tls_version", "ip", "ocsp_status")
"""System tags that tell of the connection; the first two are on by default."""

_NEVER: Final = 1e9  # seconds


def http_options(options: Mapping[str, Any], user_agent: str = "") -> HttpOptions:
    """`HttpOptions` of a script's options by k6's names; `user_agent` is the default."""
    redirects = options.get("maxRedirects")
    agent = options.get("userAgent")
    return HttpOptions(
        verify=not options.get("insecureSkipTLSVerify"),
        max_redirects=10 if redirects is None else int(redirects),
        user_agent=user_agent if agent is None else str(agent),
        network=_network(options),
        bare=True,
    )


def _network(options: Mapping[str, Any]) -> Network:
    dns: Mapping[str, Any] = options.get("dns") or {}
    hosts: Mapping[str, str] = options.get("hosts") or {}
    versions: Mapping[str, str] = options.get("tlsVersion") or {}
    lowest = versions.get("min", "")
    wanted = options.get("systemTags")
    ttl = dns.get("ttl")
    return Network(
        hosts=tuple((*split_port(host), *split_port(address)) for host, address in hosts.items()),
        blocked_hosts=_texts(options.get("blockHostnames")),
        blocked_ranges=_texts(options.get("blacklistIPs")),
        dns_ttl=_NEVER if ttl == "inf" else seconds_of(ttl, "5m"),
        dns_select=dns.get("select", "random"),
        dns_policy=dns.get("policy", "preferIPv4"),
        local_addresses=_texts(str(options.get("localIPs") or "").split(",")),
        # An SSL version as the lower limit: whatever OpenSSL has.
        tls_lowest=TLS_VERSIONS.get(lowest, "TLSv1") if lowest else "",
        tls_highest=TLS_VERSIONS.get(versions.get("max", ""), ""),
        tls_ciphers=cipher_names(_texts(options.get("tlsCipherSuites"))),
        keep_connections=not options.get("noConnectionReuse"),
        connection_tags=CONNECTION_TAGS[:2]
        if wanted is None
        else tuple(tag for tag in CONNECTION_TAGS if tag in wanted),
    )


def own_certificates(options: Mapping[str, Any]) -> list[OwnCertificate]:
    """The client certificates of the option `tlsAuth`."""
    given = options.get("tlsAuth")
    if not given:
        return []
    from swell.http.reach import OwnCertificate  # noqa: PLC0415 - few tests have certificates

    return [
        OwnCertificate(each["cert"], each["key"], each.get("password") or "", tuple(each.get("domains") or ()))
        for each in cast("Sequence[Mapping[str, Any]]", given)
    ]


def check_tls(options: Mapping[str, Any]) -> None:
    """Try what the options wish of TLS. Raises OptionError for what OpenSSL does not take."""
    network = _network(options)
    if not (network.tls_lowest or network.tls_highest or network.tls_ciphers or options.get("tlsAuth")):
        return
    from swell.http.tls import TlsSetupError, TlsWish, tls_context  # noqa: PLC0415 - as above

    wish = TlsWish(lowest=network.tls_lowest, highest=network.tls_highest, ciphers=network.tls_ciphers)
    name = "tlsCipherSuites"
    try:
        tls_context(False, wish=wish)
        for number, each in enumerate(own_certificates(options)):
            name = f"tlsAuth[{number}]"
            tls_context(False, wish=TlsWish(cert=each.cert, key=each.key, password=each.password))
    except TlsSetupError as error:
        raise OptionError(name, str(error)) from None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(each).strip() for each in value or () if str(each).strip())
