"""k6-utils, url, formdata, form-urlencoded, totp, httpx, http-instrumentation."""

# ruff: noqa: E501 - scripts keep their lines

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from swell.dialects.javascript import JsError

if TYPE_CHECKING:
    from .conftest import World

_UTILS = "import * as u from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';"
_STAGES = [{"duration": "10s", "target": 5}, {"duration": "20s", "target": 5}, {"duration": "1m", "target": 0}]


def test_random_values_stay_in_their_bounds(world: World) -> None:
    """Bounds are inclusive; strings come from the alphabet."""
    found = world.value(
        _UTILS,
        """const ints = new Set(), items = new Set();
        for (let i = 0; i < 300; i++) { ints.add(u.randomIntBetween(1, 3)); items.add(u.randomItem(['a', 'b'])); }
        return { ints: [...ints].sort(), items: [...items].sort(), low: u.randomString(12), own: u.randomString(5, 'x'), none: u.randomString(0) };""",
    )
    assert found["ints"] == [1, 2, 3]
    assert found["items"] == ["a", "b"]
    assert re.fullmatch("[a-z]{12}", found["low"])
    assert found["own"] == "xxxxx"
    assert found["none"] == ""


@pytest.mark.parametrize("secure", ["", "true"])
def test_uuids_are_of_version_4(world: World, secure: str) -> None:
    """Both kinds of randomness give well-formed UUIDs, and not twice the same."""
    found = world.value(_UTILS, f"return [u.uuidv4({secure}), u.uuidv4({secure})];")
    pattern = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert all(re.fullmatch(pattern, each) for each in found)
    assert found[0] != found[1]


def test_find_between(world: World) -> None:
    """The first text between two others, or all of them; null without any."""
    found = world.value(
        _UTILS,
        """const t = '<b>one</b><b></b><b>two</b><b>';
        return [u.findBetween(t, '<b>', '</b>'), u.findBetween(t, '<b>', '</b>', true), u.findBetween(t, '<i>', '</i>')];""",
    )
    assert found == ["one", ["one", "", "two"], None]


def test_normal_distribution_stages_are_a_bell(world: World) -> None:
    """Up to the maximum in the middle, down to nothing, in the wanted time."""
    stages = world.value(_UTILS, "return u.normalDistributionStages(100, 60, 4);")
    targets = [stage["target"] for stage in stages]
    assert targets == [14, 61, 100, 61, 14, 0]
    assert sum(int(stage["duration"][:-1]) for stage in stages) == 60


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("1s", 1000), ("1m30s", 90_000), ("2h", 7_200_000), ("1d2h", 93_600_000), ("250ms", 250), ("1.5s", 1500)],
)
def test_durations_are_read(world: World, text: str, milliseconds: int) -> None:
    """ParseDuration gives milliseconds."""
    assert world.value(_UTILS, f"return u.parseDuration('{text}');") == milliseconds


@pytest.mark.parametrize("text", ["''", "'10'", "'s'", "'5x'", "'1s 2'"])
def test_what_is_no_duration_is_refused(world: World, text: str) -> None:
    """Anything else is an error."""
    with pytest.raises(JsError, match="duration"):
        world.value(_UTILS, f"return u.parseDuration({text});")


@pytest.mark.parametrize(
    ("elapsed", "index", "profile"),
    [(0, 0, "ramp-up"), (15_000, 1, "steady"), (45_000, 2, "ramp-down"), (999_000, 2, "ramp-down")],
)
def test_the_current_stage_is_known(world: World, elapsed: int, index: int, profile: str) -> None:
    """By the time since the scenario's start; after the last it stays the last."""
    world.stages, world.elapsed = _STAGES, elapsed
    found = world.value(
        _UTILS, "u.tagWithCurrentStageIndex(); u.tagWithCurrentStageProfile(); return u.getCurrentStageIndex();"
    )
    assert found == index
    assert world.tags == {"stage": str(index), "stage_profile": profile}


def test_scenarios_without_stages_say_so(world: World) -> None:
    """The message says which executors have stages."""
    with pytest.raises(JsError, match="main has no stages"):
        world.value(_UTILS, "u.getCurrentStageIndex();")


def test_check_waits_for_promises(world: World) -> None:
    """Values and results may be promises; without any the answer comes at once."""
    found = world.value(
        _UTILS,
        """const now = u.check(1, { a: (v) => v === 1, b: false });
        const later = await u.check(Promise.resolve(2), { c: async (v) => v === 2, d: Promise.resolve(0), e: true });
        return [now, later];""",
    )
    assert found == [False, False]
    assert world.checks == [("a", True), ("b", False), ("e", True), ("c", True), ("d", False)]


def test_url_has_both_classes(world: World) -> None:
    """URL and URLSearchParams work without being globals."""
    found = world.value(
        "import { URL, URLSearchParams } from 'https://jslib.k6.io/url/1.0.0/index.js';",
        """const url = new URL('https://a.example/x?b=1'); url.searchParams.append('c', 'ä d');
        return [url.toString(), new URLSearchParams([['a', '1'], ['a', '2']]).toString(), typeof globalThis.URL];""",
    )
    assert found == ["https://a.example/x?b=1&c=%C3%A4+d", "a=1&a=2", "undefined"]


def test_formdata_is_a_multipart_body(world: World) -> None:
    """Texts, files of http.file() and bytes become parts between the boundary."""
    found = world.value(
        "import { FormData } from 'https://jslib.k6.io/formdata/0.0.2/index.js';",
        """const fd = new FormData();
        fd.append('plain', 'ä');
        fd.append('file', { data: new Uint8Array([1, 0, 255]).buffer, filename: 'a"b.bin', content_type: 'image/png' });
        fd.append('number', 5);
        fd.append('raw', new Uint8Array([65]));
        return { body: fd.body(), boundary: fd.boundary };""",
    )
    boundary = found["boundary"].encode()
    assert found["body"] == b"".join(
        [
            b"--" + boundary + b'\r\nContent-Disposition: form-data; name="plain"\r\n\r\n\xc3\xa4\r\n',
            b"--" + boundary + b'\r\nContent-Disposition: form-data; name="file"; filename="a%22b.bin"\r\n',
            b"Content-Type: image/png\r\n\r\n\x01\x00\xff\r\n",
            b"--" + boundary + b'\r\nContent-Disposition: form-data; name="number"\r\n\r\n5\r\n',
            b"--" + boundary + b'\r\nContent-Disposition: form-data; name="raw"; filename="blob"\r\n',
            b"Content-Type: application/octet-stream\r\n\r\nA\r\n",
            b"--" + boundary + b"--\r\n",
        ]
    )


def test_form_urlencoded(world: World) -> None:
    """Nested values get names with brackets."""
    found = world.value(
        "import form from 'https://jslib.k6.io/form-urlencoded/3.0.0/index.js';",
        "return [form({ a: 'x y', b: [1, 2], c: { d: null } }), form({ b: 1, a: 2 }, { sorted: true })];",
    )
    assert found == ["a=x+y&b%5B0%5D=1&b%5B1%5D=2&c%5Bd%5D=", "a=2&b=1"]


def test_totp_gives_the_codes_of_the_rfc(world: World) -> None:
    """The RFC's secret and times give the RFC's codes; they are verified one step around."""
    found = world.value(
        "import { TOTP } from 'https://jslib.k6.io/totp/1.0.0/index.js';",
        """const totp = new TOTP('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 8);
        Date.now = () => 1111111109000;
        const code = await totp.gen();
        Date.now = () => 1111111139000;
        return [code, await totp.verify(code), await totp.verify('00000000'), (await new TOTP('GEZDGNBV').gen()).length];""",
    )
    assert found == ["07081804", True, False, 6]


def test_httpx_has_a_base_and_its_own_headers(world: World) -> None:
    """Paths are joined to the base; headers, tags and options of the session are those of each request."""
    world.value(
        "import { Httpx, Get, Post } from 'https://jslib.k6.io/httpx/0.1.0/index.js';",
        """const s = new Httpx({ baseURL: 'http://a', timeout: 5000, headers: { A: '1' } });
        s.addHeader('B', '2'); s.addTag('t', 'x'); s.clearHeader('A');
        s.get('/x'); s.post('http://b/y', 'body', { headers: { C: '3' } }); s.delete('/z');
        s.batch([new Get('/1'), new Post('/2', 'q')], { tags: { name: 'n' } });
        await s.asyncPost('/later', 'p');""",
    )
    own = {"timeout": 5000, "headers": {"B": "2"}, "tags": {"t": "x"}}
    assert world.sent == [
        {"method": "GET", "url": "http://a/x", "body": None, "params": own},
        {"method": "POST", "url": "http://b/y", "body": "body", "params": {**own, "headers": {"B": "2", "C": "3"}}},
        {"method": "DELETE", "url": "http://a/z", "body": None, "params": own},
        {"method": "GET", "url": "http://a/1", "body": None, "params": {**own, "tags": {"t": "x", "name": "n"}}},
        {"method": "POST", "url": "http://a/2", "body": "q", "params": {**own, "tags": {"t": "x", "name": "n"}}},
        {"method": "POST", "url": "http://a/later", "body": "p", "params": own},
    ]


def test_instrumented_requests_carry_a_trace(world: World) -> None:
    """After instrumentHTTP() the functions of k6/http send traceparent."""
    world.value(
        "import http from 'k6/http'; import tempo from 'https://jslib.k6.io/http-instrumentation-tempo/1.0.1/index.js';",
        "tempo.instrumentHTTP({ propagator: 'w3c' }); http.get('http://a/'); http.del('http://a/', null, { headers: { A: '1' } });",
    )
    first, second = (request["params"]["headers"] for request in world.sent)
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", first["traceparent"])
    assert second["A"] == "1"
    assert second["traceparent"] != first["traceparent"]
    assert [request["method"] for request in world.sent] == ["GET", "DELETE"]


def test_instrumented_requests_tell_profilers_what_they_are(world: World) -> None:
    """After pyroscope's instrumentHTTP() requests carry baggage, after what they had."""
    world.value(
        "import http from 'k6/http'; import p from 'https://jslib.k6.io/http-instrumentation-pyroscope/1.0.0/index.js';",
        "p.instrumentHTTP(); http.get('http://a/'); http.batch([['GET', 'http://b/', null, { headers: { Baggage: 'x=1' }, tags: { name: 'n m' } }]]);",
    )
    headers = [request["params"]["headers"] for request in world.sent]
    assert headers[0] == {"Baggage": "k6.scenario=main,k6.name=http%3A%2F%2Fa%2F"}
    assert headers[1] == {"Baggage": "x=1,k6.scenario=main,k6.name=n%20m"}
