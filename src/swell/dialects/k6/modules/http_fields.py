"""The fields of a response, each worked out when a script asks.

Rules: JSON texts for http.js, times in milliseconds. Header names are spelled as Go does ("Content-Type"), repeated
values joined by ", ". Statuses that carry no body, and responses read as "none", have the body null.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any, Final

import msgspec

from swell.dialects.javascript.values import is_safe
from swell.dialects.k6.modules.http_failures import failure_text
from swell.dialects.k6.modules.http_state import NoResponse, state_of
from swell.dialects.k6.modules.json_selector import select_json
from swell.http.cookie_syntax import parse_set_cookie
from swell.http.errors import RequestError, status_error_code
from swell.http.headers import Headers
from swell.http.response import Response

__all__ = ["body", "content", "headers", "release", "release_all", "rest", "select", "text", "timings", "where"]

_LONGEST_RAW: Final = 1_000_000
_NO_BODY: Final = frozenset({204, 304})
_MAX_AGE: Final = re.compile(r";\s*max-age\s*=\s*(-?\d+)", re.IGNORECASE)
_DOMAIN: Final = re.compile(r";\s*domain\s*=\s*([^;\s]*)", re.IGNORECASE)
_PATH: Final = re.compile(r";\s*path\s*=\s*([^;]*)", re.IGNORECASE)
_NO_OCSP: Final = {
    "status": "unknown",
    "revocation_reason": "",
    "produced_at": 0,
    "this_update": 0,
    "next_update": 0,
    "revoked_at": 0,
}
_TLS: Final = {"TLSv1": "tls1.0", "TLSv1.1": "tls1.1", "TLSv1.2": "tls1.2", "TLSv1.3": "tls1.3"}


def release(context: Any, number: int) -> None:
    """The script let go of a response."""
    state = state_of(context)
    state.kept.pop(number, None)
    state.types.pop(number, None)


def release_all(context: Any, numbers: str) -> None:
    """The script let go of several."""
    state = state_of(context)
    for number in map(int, numbers.split()):
        state.kept.pop(number, None)
        state.types.pop(number, None)


def body(context: Any, number: int) -> str | bool | None:
    """The body as text; None for none, False where `content` must be asked."""
    state = state_of(context)
    response = state.kept[number]
    if state.types and number in state.types:
        return None if state.types[number] == "none" else False
    data = _data(response)
    if data is None:
        return None
    shown = data.decode("utf-8", "replace")
    return False if len(shown) >= _LONGEST_RAW or not is_safe(shown) else shown


def content(context: Any, number: int) -> str | bytes | None:
    """The body as text or bytes, whatever is in it."""
    state = state_of(context)
    data = _data(state.kept[number])
    if data is None or state.types.get(number) == "binary":
        return data
    return data.decode("utf-8", "replace")


def text(context: Any, number: int) -> str | None:
    """The body as text, also where it was asked for as bytes."""
    data = _data(state_of(context).kept[number])
    return None if data is None else data.decode("utf-8", "replace")


def where(context: Any, number: int) -> str | None:
    """Where a body stops being JSON, for people."""
    try:
        json.loads(text(context, number) or "")
    except json.JSONDecodeError as error:
        return f"{error.msg} at line {error.lineno}, character {error.colno}"
    return None


def select(context: Any, number: int, selector: str) -> str | None:
    """What a selector finds in a JSON body, as JSON; None for nothing."""
    data = _data(state_of(context).kept[number])
    if data is None:
        return None
    try:
        document = msgspec.json.decode(data)
    except msgspec.MsgspecError:
        return None
    found = select_json(document, selector)
    return None if found is ... else json.dumps(found)


def timings(context: Any, number: int) -> str:
    """The phases in milliseconds."""
    response = state_of(context).kept[number]
    if isinstance(response, NoResponse):
        times = (0.0,) * 7
    else:
        phases = response.timings
        times = (
            phases.blocked,
            phases.looking_up,
            phases.connecting,
            phases.tls_handshaking,
            phases.sending,
            phases.waiting,
            phases.receiving,
        )
    blocked, looking_up, connecting, handshake, sending, waiting, receiving = (1000.0 * each for each in times)
    return (
        f'{{"duration":{sending + waiting + receiving},"blocked":{blocked},"looking_up":{looking_up},'
        f'"connecting":{connecting},"tls_handshaking":{handshake},"sending":{sending},"waiting":{waiting},'
        f'"receiving":{receiving}}}'
    )


def headers(context: Any, number: int) -> str:
    """The header fields by their canonical names."""
    response = state_of(context).kept[number]
    if isinstance(response, NoResponse):
        return "{}"
    return json.dumps({name: ", ".join(values) for name, values in _by_name(response.headers).items()})


def rest(context: Any, number: int) -> str:
    """Everything else."""
    response = state_of(context).kept[number]
    if isinstance(response, NoResponse):
        return json.dumps(_of_none(response))
    error = response.error or _undecodable(response)
    message, code = "", status_error_code(response.status_code)
    if error is not None:
        message, code = failure_text(error), error.code if isinstance(error, RequestError) else 1000
    peer = response.remote
    sent = response.request
    sent_headers = _by_name(sent.headers)
    status = response.status_code
    return json.dumps(
        {
            "status_text": f"{status} {response.reason}".strip() if status else "",
            "proto": response.http_version,
            "url": response.url,
            "error": message,
            "error_code": code,
            "remote_ip": peer.address if peer is not None else "",
            "remote_port": peer.port if peer is not None else 0,
            "cookies": _cookies(response),
            "request": {
                "method": sent.method,
                "url": sent.url,
                "headers": sent_headers,
                "body": sent.body.decode("utf-8", "replace"),
                "cookies": _sent_cookies(sent_headers),
            },
            "tls_version": _TLS.get(peer.tls_version, peer.tls_version) if peer is not None else "",
            "tls_cipher_suite": peer.tls_cipher if peer is not None else "",
            "ocsp": _NO_OCSP,
        }
    )


def _undecodable(response: Response) -> RequestError | None:
    """What is wrong with a body whose compression is broken."""
    if "content-encoding" in response.headers:
        try:
            _ = response.content
        except RequestError as error:
            return error
    return None


def _data(response: Response | NoResponse) -> bytes | None:
    """The body's bytes; None where there is no body by nature, or no response."""
    status = response.status_code
    if not status or status in _NO_BODY or isinstance(response, NoResponse):
        return None
    try:
        return response.content
    except RequestError:
        return None


def _canonical(name: str) -> str:
    return "-".join(part[:1].upper() + part[1:].lower() for part in name.split("-"))


def _by_name(fields: Headers) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in fields.pairs():
        found.setdefault(_canonical(name), []).append(value)
    return found


def _cookies(response: Response) -> dict[str, list[dict[str, Any]]]:
    """The cookies that this response sets, by name."""
    found: dict[str, list[dict[str, Any]]] = {}
    now = time.time()
    for line in response.headers.get_all("set-cookie"):
        cookie = parse_set_cookie(line, response.endpoint.target, now)
        if cookie is None:
            continue
        age, domain, path = _MAX_AGE.search(line), _DOMAIN.search(line), _PATH.search(line)
        expires = 0.0 if cookie.expires is None or age else max(cookie.expires, 0.0) * 1000.0
        found.setdefault(cookie.name, []).append(
            {
                "name": cookie.name,
                "value": cookie.value,
                "domain": domain[1].removeprefix(".") if domain else "",
                "path": path[1].strip() if path else "",
                "http_only": cookie.http_only,
                "secure": cookie.secure,
                "max_age": int(age[1]) if age else 0,
                "expires": int(expires),
            }
        )
    return found


def _sent_cookies(fields: dict[str, list[str]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for pair in "; ".join(fields.get("Cookie", [])).split("; "):
        name, separator, value = pair.partition("=")
        if separator:
            found.setdefault(name, []).append({"name": name, "value": value, "replace": False})
    return found


def _of_none(response: NoResponse) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": response.method,
        "url": response.url,
        "headers": {},
        "body": "",
        "cookies": {},
    }
    return {
        "status_text": "",
        "proto": "",
        "url": response.url,
        "error": response.error,
        "error_code": response.code,
        "remote_ip": "",
        "remote_port": 0,
        "cookies": {},
        "request": request,
        "tls_version": "",
        "tls_cipher_suite": "",
        "ocsp": _NO_OCSP,
    }
