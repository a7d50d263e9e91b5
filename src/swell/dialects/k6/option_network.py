"""k6's options of the network: how names are looked up, what is blocked, which TLS is spoken, where from.

Rules: pure. Each function reads one option as scripts, files, variables and flags may say it and gives it in k6's form;
what is wrong is an `OptionError` that says what to write. Wildcards stand at the beginning of a name only.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from swell.dialects.k6.option_values import OptionError, duration, mapping, text, text_map, texts

__all__ = [
    "TLS_VERSIONS",
    "address_ranges",
    "cipher_names",
    "ciphers",
    "dns",
    "host_map",
    "host_patterns",
    "local_ips",
    "split_port",
    "tls_auth",
    "tls_version",
]

TLS_VERSIONS: Final = {"tls1.0": "TLSv1", "tls1.1": "TLSv1.1", "tls1.2": "TLSv1.2", "tls1.3": "TLSv1.3"}
"""k6's names of TLS versions, and the client's."""

_OLDEST: Final = "ssl3.0"  # OpenSSL has it no more; as a lower limit it means none
_SELECTS: Final = ("first", "random", "roundRobin")
_POLICIES: Final = ("preferIPv4", "preferIPv6", "onlyIPv4", "onlyIPv6", "any")
_CIPHER: Final = re.compile(r"TLS_(?:(ECDHE_RSA|ECDHE_ECDSA|RSA)_WITH_)?([A-Z0-9_]+)")
# What comes behind WITH, and how OpenSSL calls it.
_CIPHERS: Final = {
    "RC4_128_SHA": "RC4-SHA",
    "3DES_EDE_CBC_SHA": "DES-CBC3-SHA",
    "AES_128_CBC_SHA": "AES128-SHA",
    "AES_256_CBC_SHA": "AES256-SHA",
    "AES_128_CBC_SHA256": "AES128-SHA256",
    "AES_128_GCM_SHA256": "AES128-GCM-SHA256",
    "AES_256_GCM_SHA384": "AES256-GCM-SHA384",
    "CHACHA20_POLY1305": "CHACHA20-POLY1305",
    "CHACHA20_POLY1305_SHA256": "CHACHA20-POLY1305",
}
_TLS_1_3: Final = ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256")


def dns(name: str, value: Any) -> dict[str, Any] | None:
    """{ttl, select, policy} of a text `ttl=5m,select=first,policy=any` or of an object; only what is said."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        fields: dict[str, Any] = {}
        for part in value.split(","):
            key, sign, said = part.strip().partition("=")
            if not sign:
                raise OptionError(name, f"{part!r} is none of ttl=TIME, select=..., policy=...")
            fields[key.strip()] = said.strip()
    else:
        fields = dict(mapping(name, value))
    found: dict[str, Any] = {}
    for key, said in fields.items():
        if said is None or said == "":
            continue
        if key == "ttl":
            found["ttl"] = said if said == "inf" else duration(f"{name}.ttl", said)
        elif key in {"select", "policy"}:
            found[key] = _one_of(f"{name}.{key}", said, _SELECTS if key == "select" else _POLICIES)
        else:
            raise OptionError(name, f"has no field {key!r}; it has: ttl, select, policy")
    return found


def _one_of(name: str, value: Any, known: Sequence[str]) -> str:
    for each in known:
        if str(value).lower() == each.lower():
            return each
    raise OptionError(name, f"is one of {', '.join(known)}, not {value!r}")


def host_patterns(name: str, value: Any) -> list[str] | None:
    """Host names, which may begin with a `*`."""
    found = texts(name, value)
    for each in found or []:
        if "*" in each[1:] or not each or "/" in each:
            raise OptionError(
                name, f"{each!r} is no host name; a wildcard stands at the beginning, as in *.example.com"
            )
    return found


def host_map(name: str, value: Any) -> dict[str, str] | None:
    """Host names, with or without port, and the addresses to connect to instead, with or without port."""
    found = text_map(name, value)
    for host, address in (found or {}).items():
        pattern, _ = split_port(host)
        host_patterns(name, [pattern])
        target, _ = split_port(address)
        try:
            ipaddress.ip_address(target)
        except ValueError:
            raise OptionError(
                name, f"{host!r} -> {address!r}: write an IP address, such as 10.0.0.1 or 10.0.0.1:8443"
            ) from None
    return found


def split_port(place: str) -> tuple[str, int]:
    """(name or address, port) of `name`, `name:port`, `[IPv6]:port` and IPv6; 0 without a port."""
    if place.startswith("["):
        host, _, rest = place[1:].partition("]")
        return host, int(rest[1:]) if rest[1:].isdecimal() else 0
    host, colon, port = place.rpartition(":")
    if colon and port.isdecimal() and ":" not in host:
        return host, int(port)
    return place, 0


def address_ranges(name: str, value: Any) -> list[str] | None:
    """Networks such as 10.0.0.0/8; a single address is one of one address."""
    found = texts(name, value)
    for each in found or []:
        try:
            ipaddress.ip_network(each, strict=False)
        except ValueError:
            raise OptionError(name, f"{each!r} is no range of addresses; write one as 10.0.0.0/8") from None
    return found


def local_ips(name: str, value: Any) -> str | None:
    """Addresses, ranges A-B and networks, separated by commas."""
    said = text(name, value)
    if said:
        from swell.http.reach import local_pools  # noqa: PLC0415 - few tests send from addresses of their own

        try:
            local_pools([part for part in said.split(",") if part.strip()])
        except ValueError as error:
            raise OptionError(name, str(error)) from None
    return said


def tls_version(name: str, value: Any) -> dict[str, str] | None:
    """{min, max} of one version or of an object; "" for no limit."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = {"min": value, "max": value}
    fields = dict(mapping(name, value))
    if unknown := set(fields) - {"min", "max"}:
        raise OptionError(name, f"has no field {sorted(unknown)[0]!r}; it has: min, max")
    found = {key: str(fields.get(key) or "") for key in ("min", "max")}
    for key, said in found.items():
        if said and said not in TLS_VERSIONS and not (key == "min" and said == _OLDEST):
            shown = "SSL 3.0 is spoken no more" if said == _OLDEST else f"{said!r} is no version"
            raise OptionError(name, f"{shown}; write one of {', '.join(TLS_VERSIONS)}")
    if found["min"] and found["max"] and found["min"] > found["max"]:
        raise OptionError(name, f"min ({found['min']}) is above max ({found['max']})")
    return found


def ciphers(name: str, value: Any) -> list[str] | None:
    """Names of cipher suites as Go spells them (those of IANA)."""
    found = texts(name, value)
    for each in found or []:
        parts = _CIPHER.fullmatch(each)
        if parts is None or parts[2] not in (_CIPHERS if parts[1] else _TLS_1_3):
            raise OptionError(
                name, f"there is no cipher suite {each!r}; names are like TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
            )
    return found


def cipher_names(suites: Sequence[str]) -> str:
    """Cipher suites by OpenSSL's names, joined by colons. Those of TLS 1.3, which cannot be chosen, are left out."""
    found: list[str] = []
    for each in suites:
        parts = _CIPHER.fullmatch(each)
        if parts is not None and parts[1]:
            exchange = "" if parts[1] == "RSA" else parts[1].replace("_", "-") + "-"
            name = exchange + _CIPHERS[parts[2]]
            if name not in found:
                found.append(name)
    return ":".join(found)


def tls_auth(name: str, value: Any) -> list[dict[str, Any]] | None:
    """[{cert, key, password, domains}]."""
    if value is None:
        return None
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise OptionError(name, "is a list of {cert, key, password, domains}")
    found: list[dict[str, Any]] = []
    for number, each in enumerate(cast("Sequence[Any]", value)):
        where = f"{name}[{number}]"
        fields: Mapping[str, Any] = dict(mapping(where, each))
        if unknown := set(fields) - {"cert", "key", "password", "domains"}:
            raise OptionError(where, f"has no field {sorted(unknown)[0]!r}; it has: cert, key, password, domains")
        made = {key: text(f"{where}.{key}", fields.get(key)) for key in ("cert", "key", "password")}
        for key in ("cert", "key"):
            if not made[key]:
                raise OptionError(where, f"needs the field {key!r}: the text of a PEM file, as open() gives it")
        domains = host_patterns(f"{where}.domains", fields.get("domains"))
        found.append({"domains": domains or [], **{key: said for key, said in made.items() if said}})
    return found
