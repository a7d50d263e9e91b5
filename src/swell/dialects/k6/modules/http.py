"""k6/http: requests, responses, batches, cookie jars (http.js holds the script's side).

Rules: a request is one host call; what a script asks of a response later is one more for each field, once. What
differs from k6: spreading a response (`{...res}`) gives `status` and the fields that were read; digest answers a
challenge within one recorded request; a cookie of a request always replaces the jar's of that name; `ntlm` is refused;
`looking_up` is measured; the texts of errors are our own, their codes k6's.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

import msgspec

from swell.dialects.javascript import HostFunction, HostModule
from swell.dialects.k6.modules import cookies, http_fields, http_send
from swell.dialects.k6.modules.http_state import state_of
from swell.dialects.k6.modules.http_wishes import ANY_STATUS, expected_from
from swell.http.urls import resolve_redirect

__all__ = ["modules"]

_CONSTANTS: Final = {
    "SSL_3_0": "ssl3.0",
    "TLS_1_0": "tls1.0",
    "TLS_1_1": "tls1.1",
    "TLS_1_2": "tls1.2",
    "TLS_1_3": "tls1.3",
    "OCSP_STATUS_GOOD": "good",
    "OCSP_STATUS_REVOKED": "revoked",
    "OCSP_STATUS_SERVER_FAILED": "server_failed",
    "OCSP_STATUS_UNKNOWN": "unknown",
    "OCSP_REASON_AA_COMPROMISE": "aa_compromise",
    "OCSP_REASON_AFFILIATION_CHANGED": "affiliation_changed",
    "OCSP_REASON_CA_COMPROMISE": "ca_compromise",
    "OCSP_REASON_CERTIFICATE_HOLD": "certificate_hold",
    "OCSP_REASON_CESSATION_OF_OPERATION": "cessation_of_operation",
    "OCSP_REASON_KEY_COMPROMISE": "key_compromise",
    "OCSP_REASON_PRIVILEGE_WITHDRAWN": "privilege_withdrawn",
    "OCSP_REASON_REMOVE_FROM_CRL": "remove_from_crl",
    "OCSP_REASON_SUPERSEDED": "superseded",
    "OCSP_REASON_UNSPECIFIED": "unspecified",
}


def modules() -> Mapping[str, HostModule]:
    """The module k6/http."""
    raw: dict[str, Any] = {
        "get": http_send.get,
        "send": http_send.send,
        "release": http_fields.release,
        "releaseAll": http_fields.release_all,
        "body": http_fields.body,
        "timings": http_fields.timings,
        "headers": http_fields.headers,
        "rest": http_fields.rest,
        "select": http_fields.select,
        "where": http_fields.where,
        "newJar": cookies.new_jar,
        "usable": cookies.usable,
        "jarCookies": cookies.jar_cookies,
        "expect": _expect,
        "stamp": _stamp,
    }
    value: dict[str, Any] = {
        "sendAny": http_send.send,
        "batch": http_send.send_all,
        "content": http_fields.content,
        "text": http_fields.text,
        "jarSet": cookies.jar_set,
        "jarClear": cookies.clear_jar,
        "join": _join,
    }
    exports: dict[str, object] = {name: HostFunction(call, "raw") for name, call in raw.items()}
    exports |= {name: HostFunction(call, "value") for name, call in value.items()}
    exports["later"] = HostFunction(http_send.later, "spawn")
    exports["constants"] = _CONSTANTS
    source = resources.files(__package__ or "").joinpath("http.js").read_text("utf-8")
    return {"k6/http": HostModule(exports, source)}


def _expect(context: Any, ranges: str | None) -> None:
    state_of(context).expect(ANY_STATUS if ranges is None else expected_from(msgspec.json.decode(ranges)))


def _stamp(context: Any) -> str:
    """The name of a file without one: nanoseconds since 1970."""
    del context
    return str(time.time_ns())


def _join(context: Any, base: str, url: str) -> str:
    """A link or form action of a page as a whole URL."""
    del context
    return resolve_redirect(base, url)
