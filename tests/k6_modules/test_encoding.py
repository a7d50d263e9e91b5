"""k6/encoding and k6/timers."""

# ruff: noqa: E501 - scripts keep their lines

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.dialects.javascript import JsError, JsThrow
from swell.dialects.k6.modules import encoding

if TYPE_CHECKING:
    from .conftest import World

_IMPORT = "import encoding, { b64encode, b64decode } from 'k6/encoding';"


@pytest.mark.parametrize(
    ("alphabet", "text"), [("std", "w7/Dvg=="), ("rawstd", "w7/Dvg"), ("url", "w7_Dvg=="), ("rawurl", "w7_Dvg")]
)
def test_four_alphabets(world: World, alphabet: str, text: str) -> None:
    """Texts are UTF-8; decoding gives bytes, or a text on request."""
    found = world.value(
        _IMPORT,
        f"""const t = b64encode('ÿþ', '{alphabet}');
        return [t, b64decode(t, '{alphabet}', 's'), b64decode(t, '{alphabet}')];""",
    )
    assert found == [text, "ÿþ", "ÿþ".encode()]


def test_bytes_and_defaults(world: World) -> None:
    """ArrayBuffers and views are taken as they are; the standard alphabet is the default."""
    body = "return [b64encode(new Uint8Array([0, 255]).buffer), encoding.b64encode(new Uint8Array([0, 255])), b64encode(''), b64decode('YQ\\r\\n==', 'std', 's')];"
    assert world.value(_IMPORT, body) == ["AP8=", "AP8=", "", "a"]


@pytest.mark.parametrize(
    "call", ["b64decode('YQ')", "b64decode('YQ==', 'rawstd')", "b64decode('_w==')", "b64decode('é')"]
)
def test_what_is_no_base64_is_an_error(world: World, call: str) -> None:
    """The alphabet and its padding must fit."""
    with pytest.raises(JsError, match="base64"):
        world.value(_IMPORT, f"return {call};")


def test_other_values_are_refused(world: World) -> None:
    """Only texts and bytes can be encoded."""
    with pytest.raises(JsError, match=r"b64encode\(\) takes a string"):
        world.value(_IMPORT, "return b64encode({});")


@given(st.binary(max_size=50), st.sampled_from(["std", "rawstd", "url", "rawurl"]))
def test_bytes_come_back(data: bytes, alphabet: str) -> None:
    """What is encoded decodes to the same."""
    calls = {name: export.call for name, export in encoding.modules()["k6/encoding"].exports.items()}  # type: ignore[attr-defined]
    assert calls["b64decode"](None, calls["b64encode"](None, data, alphabet), alphabet) == data


@given(st.text(max_size=20), st.sampled_from(["std", "rawstd", "url", "rawurl"]))
def test_any_text_decodes_or_is_refused(text: str, alphabet: str) -> None:
    """Never anything but bytes or a clear error."""
    decode = encoding.modules()["k6/encoding"].exports["b64decode"].call  # type: ignore[attr-defined]
    with suppress(JsThrow):
        assert isinstance(decode(None, text, alphabet), bytes)


def test_timers_are_those_of_the_globals(world: World) -> None:
    """k6/timers works like the globals, and the iteration waits for them."""
    found = world.value(
        "import { setTimeout as later, clearTimeout, setInterval as every, clearInterval } from 'k6/timers';",
        """const seen = [];
        clearTimeout(later(() => seen.push('never'), 1));
        await new Promise((done) => { const t = every(() => { seen.push(1); if (seen.length === 2) { clearInterval(t); done(); } }, 1); });
        await new Promise((done) => later(done, 1));
        return [seen, later === setTimeout];""",
    )
    assert found == [[1, 1], True]
