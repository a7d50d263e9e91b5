"""k6/encoding: base64 in its four alphabets.

Rules: as in k6, an unknown alphabet is the standard one, line breaks in what is decoded are skipped, and anything else
that does not belong there is an error. Texts are UTF-8.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from swell.dialects.javascript import HostFunction, HostModule, JsThrow
from swell.dialects.k6.modules.crypto_digests import octets

__all__ = ["modules"]


def modules() -> Mapping[str, HostModule]:
    """The module k6/encoding."""
    return {
        "k6/encoding": HostModule({"b64encode": HostFunction(_b64encode), "b64decode": HostFunction(_b64decode)}),
    }


def _b64encode(context: Any, data: Any = None, alphabet: Any = "std", *_: Any) -> str:
    del context
    content = octets(data, "b64encode()")
    text = (base64.urlsafe_b64encode if alphabet in {"url", "rawurl"} else base64.b64encode)(content).decode("ascii")
    return text.rstrip("=") if alphabet in {"rawstd", "rawurl"} else text


def _b64decode(context: Any, text: Any = None, alphabet: Any = "std", form: Any = None, *_: Any) -> bytes | str:
    del context
    if not isinstance(text, str):
        text = octets(text, "b64decode()").decode("latin-1")
    plain = text.replace("\r", "").replace("\n", "")
    if alphabet in {"rawstd", "rawurl"}:
        if "=" in plain:
            raise _bad(text)
        plain += "=" * (-len(plain) % 4)
    try:
        if alphabet in {"url", "rawurl"}:
            if "+" in plain or "/" in plain:
                raise _bad(text)
            plain = plain.translate(_STANDARD)
        content = base64.b64decode(plain.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise _bad(text) from None
    return content.decode("utf-8", "replace") if form == "s" else content


_STANDARD = str.maketrans("-_", "+/")


def _bad(text: str) -> JsThrow:
    shown = text if len(text) <= 40 else f"{text[:40]}..."
    return JsThrow("Error", f"b64decode(): {shown!r} is no base64 of the given alphabet")
