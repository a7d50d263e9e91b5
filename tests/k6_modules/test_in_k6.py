"""The modules and libraries in a real k6 instance: globals, remote imports, what is stored of secrets."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.k6.instance import K6Instance
from swell.dialects.k6.settings import K6Test
from swell.runs.redact import redact_env

if TYPE_CHECKING:
    from pathlib import Path


def _exported(folder: Path, source: str, **test: Any) -> Any:
    """The export `found` of a script, as init code makes it."""
    path = folder / "script.js"
    path.write_text(f"{source}\nexport const options = {{ found }};\nexport default function () {{}}\n", "utf-8")
    vu = K6Instance(K6Test(script=str(path), **test), {}).new_vu(0, phase="summary")
    assert vu.context is not None
    return json.loads(vu.context.call("options"))["found"]


def test_crypto_is_a_global(tmp_path: Path) -> None:
    """It is made when it is first used, and scripts may replace it."""
    found = _exported(
        tmp_path,
        """import { crypto as older_crypto } from 'k6/experimental/webcrypto';
        const uuid = crypto.randomUUID(), same = crypto === globalThis.crypto;
        const kind = typeof crypto.subtle.digest;
        const older = older_crypto === crypto;
        globalThis.crypto = 5;
        const found = [uuid, same, kind, crypto, older];""",
    )
    assert re.fullmatch("[0-9a-f-]{36}", found[0])
    assert found[1:] == [True, "function", 5, True]


def test_modules_and_libraries_are_there(tmp_path: Path) -> None:
    """All of them can be imported together, by the URLs of scripts."""
    found = _exported(
        tmp_path,
        """import { b64encode } from 'k6/encoding';
        import { md5 } from 'k6/crypto';
        import { setTimeout as later } from 'k6/timers';
        import secrets from 'k6/secrets';
        import grpc from 'k6/net/grpc';
        import papaparse from 'https://jslib.k6.io/papaparse/5.1.1/index.js';
        import chai, { describe, expect } from 'https://jslib.k6.io/k6chaijs/4.3.4.3/index.js';
        import { URL } from 'https://jslib.k6.io/url/1.0.0/index.js';
        import { Httpx } from 'https://jslib.k6.io/httpx/0.1.0/index.js';
        import { abort } from 'k6';
        const found = [b64encode('a'), md5('a', 'hex'), typeof later, typeof secrets.get, grpc.StatusNotFound,
          papaparse.parse('x').data, chai.expect === expect, typeof describe,
          new URL('http://a/b').host, typeof Httpx, typeof abort];""",
    )
    assert found == [
        "YQ==",
        "0cc175b9c0f1b6a831c399e269772661",
        "function",
        "function",
        5,
        [["x"]],
        True,
        "function",
        "a",
        "function",
        "undefined",
    ]


def test_a_copy_in_a_vendor_folder_goes_first(tmp_path: Path) -> None:
    """k6-vendor beside the script."""
    copy = tmp_path / "k6-vendor" / "jslib.k6.io" / "k6-utils" / "1.4.0" / "index.js"
    copy.parent.mkdir(parents=True)
    copy.write_text("export const uuidv4 = () => 'mine';")
    source = "import { uuidv4 } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js'; const found = uuidv4();"
    assert _exported(tmp_path, source) == "mine"


def test_secrets_do_not_get_into_stored_plans() -> None:
    """The values of mock sources travel to workers, but are redacted where a plan is stored."""
    test = K6Test(script="/s.js", secret_sources=["mock=key=hush-hush"])
    packed = test.pack()
    assert K6Test.unpack(packed) == test
    assert "hush-hush" not in str(redact_env(packed))


@pytest.mark.parametrize("name", ["k6-utils", "papaparse"])
def test_a_library_costs_a_vu_little(tmp_path: Path, name: str) -> None:
    """Bytecode is shared; what a context holds of a common library is below 60 KB."""
    path = tmp_path / "script.js"
    sizes: list[int] = []
    for head in ("", f"import * as library from 'https://jslib.k6.io/{name}/1.0.0/index.js';"):
        path.write_text(f"{head}\nexport default function () {{}}\n", "utf-8")
        vu = K6Instance(K6Test(script=str(path)), {}).new_vu(1)
        assert vu.context is not None
        sizes.append(vu.context.memory())
    assert sizes[1] - sizes[0] < 60_000
