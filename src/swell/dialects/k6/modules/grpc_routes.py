"""Where a gRPC connection goes and with which TLS: host maps, what is blocked, servers that are not to be verified.

Rules: grpcio verifies every certificate, so a server that is not to be verified is asked for its certificate first, and
that one is trusted then, under a name that stands in it. Answers are kept per process. When a handshake fails, another
one by Python says why: grpcio tells only its own log.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast

import grpc

from swell.dialects.javascript import JsThrow
from swell.dialects.k6.modules.http_settings import http_options
from swell.dialects.k6.option_network import split_port
from swell.http.errors import RequestError, classify
from swell.http.reach import Reach
from swell.http.resolver import Address, Resolver
from swell.http.tls import TlsSetupError, TlsWish, present

__all__ = ["Route", "Tls", "credentials", "reason", "route_of"]

_RULES: Final = ("hosts", "blockHostnames", "blacklistIPs")
_HINT: Final = " (plaintext: true connects without TLS)"
_PATIENCE: Final = 10.0  # seconds for a handshake that only looks

_shown: dict[tuple[str, str], tuple[str, str]] = {}
"""Certificates that servers have shown, and a name in each, by address and the client's own certificate."""


class Route(NamedTuple):
    """`target` is dialled; `host` and `port` are what the script meant."""

    target: str
    host: str
    port: int


class Tls(NamedTuple):
    """What a script says of TLS: PEM texts, "" where it says nothing."""

    authorities: str = ""
    cert: str = ""
    key: str = ""
    skip_verify: bool = False


async def route_of(options: Mapping[str, Any], address: str) -> Route:
    """The way to an address by the script's options. Raises JsThrow for one that is blocked."""
    host, port = split_port(address.removeprefix("dns:///"))
    port = port or 443
    if not any(options.get(name) for name in _RULES):
        return Route(address, host, port)
    network = http_options(options).network
    assert network is not None, "plans of k6 have rules for the network"
    reach = Reach(network)
    try:
        reach.check_host(host)
        resolver: Resolver = reach.resolver(())
        known = resolver.known(host, port)
        if known is None and network.blocked_ranges:
            known = await resolver.resolve(host, port)
        if known is None:
            return Route(address, host, port)
        place: Address = reach.allowed(known)[0]
    except RequestError as error:
        raise JsThrow("Error", f"cannot connect to {address}: {error}") from None
    shown = f"[{place.host}]" if ":" in place.host else place.host
    return Route(f"{shown}:{place.port}", host, port)


async def credentials(route: Route, tls: Tls, address: str) -> tuple[Any, list[tuple[str, Any]]]:
    """(credentials, options of the channel). `address` is for messages. Raises JsThrow."""
    options: list[tuple[str, Any]] = []
    authorities, name = tls.authorities, ""
    if tls.skip_verify:
        key = (route.target, tls.cert)
        if key not in _shown:
            try:
                _shown[key] = await _look(route, tls)
            except (OSError, EOFError, ValueError) as error:
                raise JsThrow("Error", f"cannot connect to {address}: {_said(error, route)}{_HINT}") from None
        authorities, name = _shown[key]
    elif not route.target.startswith(route.host):
        name = route.host
    if name:
        options.append(("grpc.ssl_target_name_override", name))
    made = grpc.ssl_channel_credentials(_octets(authorities), _octets(tls.key), _octets(tls.cert))
    return made, options


async def reason(route: Route, tls: Tls | None) -> str:
    """Why nobody was reached, for people."""
    if tls is None:
        return "nobody answers there as a gRPC server"
    # The server may have another certificate by now.
    _shown.pop((route.target, tls.cert), None)
    told = "" if tls.skip_verify else await _failure(route, tls)
    return f"{told or 'nobody answers there as a gRPC server with TLS'}{_HINT}"


async def _failure(route: Route, tls: Tls) -> str:
    """Why a handshake with this server fails, for people; "" if it does not."""
    try:
        context = _context(tls)
        if tls.authorities:
            context.load_verify_locations(cadata=tls.authorities)
        else:
            context.load_default_certs()
        context.check_hostname = True
        context.verify_mode = ssl.CERT_REQUIRED
        (await _handshake(route, context)).close()
    except TlsSetupError as error:
        return str(error)
    except (OSError, EOFError, ValueError) as error:
        return _said(error, route)
    return ""


def _said(error: BaseException, route: Route) -> str:
    found = classify(error, "connect" if isinstance(error, ConnectionError) else "tls", route.target)
    return f"{route.target} does not speak TLS" if found.kind == "tls_not_tls" else found.message


async def _look(route: Route, tls: Tls) -> tuple[str, str]:
    """(the certificate that a server shows, a name in it)."""
    context = _context(tls)
    transport = await _handshake(route, context)
    shown = cast("ssl.SSLObject", transport.get_extra_info("ssl_object")).getpeercert(binary_form=True)
    transport.close()
    pem = ssl.DER_cert_to_PEM_cert(shown or b"")
    # Python reads only certificates that it has verified: the same once more, with this one trusted.
    trusting = _context(tls)
    trusting.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    trusting.load_verify_locations(cadata=pem)
    trusting.verify_mode = ssl.CERT_REQUIRED
    transport = await _handshake(route, trusting)
    fields = cast("dict[str, Any]", transport.get_extra_info("peercert") or {})
    transport.close()
    names = [value for kind, value in fields.get("subjectAltName", ()) if kind == "DNS"]
    common = [value for part in fields.get("subject", ()) for kind, value in part if kind == "commonName"]
    addresses = [value for kind, value in fields.get("subjectAltName", ()) if kind == "IP Address"]
    name = next(iter([*names, *addresses, *common]), route.host)
    return pem, name.replace("*", "any")


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    if tls.cert:
        present(context, TlsWish(cert=tls.cert, key=tls.key))
    return context


async def _handshake(route: Route, context: ssl.SSLContext) -> asyncio.Transport:
    host, port = split_port(route.target.removeprefix("dns:///"))
    async with asyncio.timeout(_PATIENCE):
        transport, _ = await asyncio.get_running_loop().create_connection(
            asyncio.Protocol, host, port or route.port, ssl=context, server_hostname=route.host, family=socket.AF_UNSPEC
        )
    return transport


def _octets(text: str) -> bytes | None:
    return text.encode() if text else None
