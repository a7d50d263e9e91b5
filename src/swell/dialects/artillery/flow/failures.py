"""What ends a virtual user early, by the codes that Artillery counts.

Rules: the code is what follows `errors.`: Node's name of a system error where there is one, else the message. Pure.
"""

from __future__ import annotations

from typing import Final

from swell.http.errors import RequestError

__all__ = ["VuserFailed", "error_code"]

_CODES: Final = {
    "total_timeout": "ETIMEDOUT",
    "read_timeout": "ETIMEDOUT",
    "connect_timeout": "ETIMEDOUT",
    "refused": "ECONNREFUSED",
    "reset": "ECONNRESET",
    "closed_early": "ECONNRESET",
    "broken_pipe": "EPIPE",
    "dns_not_found": "ENOTFOUND",
    "dns": "EAI_AGAIN",
    "unreachable": "EHOSTUNREACH",
    "no_local_port": "EADDRNOTAVAIL",
    "too_many_files": "EMFILE",
    "tls_hostname": "ERR_TLS_CERT_ALTNAME_INVALID",
    "tls_not_tls": "EPROTO",
    "tls": "EPROTO",
    "malformed": "HPE_INVALID_CONSTANT",
    "too_many_redirects": "ERR_TOO_MANY_REDIRECTS",
    "decode": "Z_DATA_ERROR",
    "invalid_url": "ERR_INVALID_URL",
}
_CERTIFICATES: Final = (
    ("has expired", "CERT_HAS_EXPIRED"),
    ("not yet valid", "CERT_NOT_YET_VALID"),
    ("in certificate chain", "SELF_SIGNED_CERT_IN_CHAIN"),
    ("self-signed", "DEPTH_ZERO_SELF_SIGNED_CERT"),
    ("self signed", "DEPTH_ZERO_SELF_SIGNED_CERT"),
    ("local issuer", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    ("first certificate", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
)


class VuserFailed(Exception):
    """A virtual user has failed and does nothing more; `code` was counted as `errors.<code>`.

    `detail` is the longer story for people.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail or code


def error_code(error: BaseException) -> str:
    """Node's code of a failed request."""
    if isinstance(error, RequestError):
        if error.kind.startswith("tls_"):
            message = error.message
            found = next((code for text, code in _CERTIFICATES if text in message), None)
            if found is not None:
                return found
        return _CODES.get(error.kind, error.message)
    return str(error) or type(error).__name__
