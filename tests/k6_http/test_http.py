"""Requests of k6/http: what is sent, what comes back, what is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.javascript import JsError

if TYPE_CHECKING:
    from .conftest import World

# What a script returns, and the result.
VALUES: dict[str, tuple[str, Any]] = {
    "get": (
        "const r = http.get(base + '/json'); return [r.status, r.json().age, JSON.parse(r.body).age]",
        [200, 37, 37],
    ),
    "status_text": ("const r = http.get(base + '/json'); return [r.status_text, r.proto]", ["200 OK", "HTTP/1.1"]),
    "headers": (
        "const h = http.get(base + '/json').headers; return [h['Content-Type'], h['X-Many']]",
        ["application/json", "a, b"],
    ),
    "url": ("return http.get(base + '/redirect/2').url === base + '/echo'", True),
    "post": (
        (
            "const r = http.post(base + '/echo', 'hello').json(); return [r.method, r.body, "
            "r.headers['content-type'] ?? null]"
        ),
        ["POST", "hello", None],
    ),
    "post without a body": (
        "const r = http.post(base + '/echo').json(); return [r.method, r.headers['content-length']]",
        ["POST", "0"],
    ),
    "verbs": (
        (
            "return [http.put(base, 'a'), http.patch(base, 'a'), http.del(base), http.options(base),"
            " http.request('report', base)].map((r) => r.json().method)"
        ),
        ["PUT", "PATCH", "DELETE", "OPTIONS", "REPORT"],
    ),
    "head": ("const r = http.head(base + '/json'); return [r.status, r.body]", [200, ""]),
    "del with params": ("return http.del(base, undefined, {headers: {'X-A': '1'}}).json().headers['x-a']", "1"),
    "null body": ("return http.post(base, null, {headers: {A: 'b'}}).json().headers.a", "b"),
    "form": (
        (
            "const r = http.post(base, {b: 'x y', a: [1, 2], c: null, d: true}).json();"
            "return [r.body, r.headers['content-type']]"
        ),
        ["a=1&a=2&b=x+y&c=&d=true", "application/x-www-form-urlencoded"],
    ),
    "form with a type of its own": (
        "return http.post(base, {a: 1}, {headers: {'content-type': 'x/y'}}).json().headers['content-type']",
        "x/y",
    ),
    "bytes as a body": ("return http.post(base, new Uint8Array([0, 65, 66]).buffer).json().body", "\0AB"),
    "text with NUL": ("return http.post(base, 'a\\0b').json().body", "a\0b"),
    "binary": (
        (
            "const r = http.get(base + '/bytes', {responseType: 'binary'}); return [r.body instanceof ArrayBuffer,"
            " r.body.byteLength, new Uint8Array(r.body)[255]]"
        ),
        [True, 256, 255],
    ),
    "text of any bytes": ("return http.get(base + '/bytes').body.slice(0, 2) === '\\0\\x01'", True),
    "none": ("return http.get(base + '/json', {responseType: 'none'}).body", None),
    "no content": ("return http.get(base + '/empty').body", None),
    "gzip": ("return http.get(base + '/gzip').body", "unpacked"),
    "number header": ("return http.get(base, {headers: {'X-N': 5}}).json().headers['x-n']", "5"),
    "host header": ("return http.get(base, {headers: {Host: 'shop.test'}}).json().headers.host", "shop.test"),
    "template": (
        "const u = http.url`${base}/echo?id=${7}`; return [http.get(u).json().path, u.name]",
        ["/echo?id=7", "${}/echo?id=${}"],
    ),
    "redirects": (
        "return [http.get(base + '/redirect/3').status, http.get(base + '/redirect/3', {redirects: 0}).status]",
        [200, 302],
    ),
    "some redirects": (
        "const r = http.get(base + '/redirect/3', {redirects: 1}); return [r.status, r.url.endsWith('/redirect/2')]",
        [302, True],
    ),
    "307 keeps the body": (
        "const r = http.post(base + '/keep', 'again').json(); return [r.method, r.body]",
        ["POST", "again"],
    ),
    "cookies come back": ("http.get(base + '/cookie'); return http.get(base).json().headers.cookie", "sid=abc"),
    "response cookies": (
        (
            "const c = http.get(base + '/cookie').cookies.sid[0];"
            "return [c.name, c.value, c.path, c.http_only, c.secure, c.max_age]"
        ),
        ["sid", "abc", "/", True, False, 60],
    ),
    "cookies of a request": (
        "return http.get(base, {cookies: {a: '1', b: {value: 2, replace: true}}}).json().headers.cookie",
        "a=1; b=2",
    ),
    "jar": (
        (
            "const j = http.cookieJar(); j.set(base, 'a', 'b'); const sent = http.get(base).json().headers.cookie;"
            "return [sent, j.cookiesForURL(base)]"
        ),
        ["a=b", {"a": ["b"]}],
    ),
    "jar of its own": (
        (
            "const j = new http.CookieJar(); j.set(base, 'own', '1'); http.get(base + '/cookie', {jar: j});"
            "return [http.get(base, {jar: j}).json().headers.cookie, http.get(base).json().headers.cookie ?? null]"
        ),
        ["own=1; sid=abc", None],
    ),
    "jar delete and clear": (
        (
            "const j = http.cookieJar(); for (const n of ['a', 'b', 'c']) j.set(base, n, n); j.delete(base, 'b');"
            "const left = Object.keys(j.cookiesForURL(base)); j.clear(base); return [left, j.cookiesForURL(base)]"
        ),
        [["a", "c"], {}],
    ),
    "jar rules": (
        (
            "const j = http.cookieJar(); j.set(base, 's', '1', {secure: true}); j.set(base, 'p', '1', {path: '/deep'});"
            "j.set(base, 'old', '1', {expires: 'Mon, 02 Jan 2006 15:04:05 MST'}); j.set(base, 'd', "
            "'1', {domain: 'other.test'});"
            "return [j.cookiesForURL(base), j.cookiesForURL(base + '/deep/x')]"
        ),
        [{}, {"p": ["1"]}],
    ),
    "basic": ("return http.get(base.replace('//', '//user:pass@') + '/basic').status", 200),
    "digest": ("return http.get(base.replace('//', '//user:pass@') + '/digest', {auth: 'digest'}).status", 200),
    "compression": (
        (
            "const r = http.post(base, 'x'.repeat(500), {compression: 'gzip'}).json();"
            "return [r.headers['content-encoding'], +r.headers['content-length'] < 100]"
        ),
        ["gzip", True],
    ),
    "timings": (
        (
            "const t = http.get(base).timings; return [t.duration > 0, t.duration === t.sending + "
            "t.waiting + t.receiving,"
            " t.blocked > 0, t.connecting > 0, t.tls_handshaking, http.get(base).timings.blocked]"
        ),
        [True, True, True, True, 0, 0],
    ),
    "request": (
        (
            "const q = http.post(base + '/echo', 'hi', {headers: {'x-own': 'v'}}).request;"
            "return [q.method, q.url === base + '/echo', q.body, q.headers['X-Own']]"
        ),
        ["POST", True, "hi", ["v"]],
    ),
    "remote": (
        "const r = http.get(base); return [r.remote_ip, base.endsWith(':' + r.remote_port)]",
        ["127.0.0.1", True],
    ),
    "status codes": (
        "const r = http.get(base + '/status/404'); return [r.status, r.error_code, r.error, r.body]",
        [404, 1404, "", "body"],
    ),
    "refused": (
        "const r = http.get('http://127.0.0.1:1/'); return [r.status, r.error_code, r.body, r.error !== '']",
        [0, 1212, None, True],
    ),
    "timeout": ("const r = http.get(base + '/slow/5', {timeout: '50ms'}); return [r.status, r.error_code]", [0, 1050]),
    "invalid URL": ("const r = http.get('http://[bad'); return [r.status, r.error_code]", [0, 1020]),
    "selector": ("return http.get(base + '/json').json('friends.#(last==\"Craig\").first')", "Roger"),
    "selector without a match": ("return http.get(base + '/json').json('nobody') === undefined", True),
    "named imports": ("return (await 1, typeof http.default)", "undefined"),
    "async": (
        (
            "const all = await Promise.all([http.asyncRequest('GET', base + '/json'), "
            "http.asyncRequest('POST', base, 'b')]);"
            "return [all[0].json('age'), all[1].json().body]"
        ),
        [37, "b"],
    ),
    "kept responses": (
        (
            "const all = []; for (let i = 0; i < 20; i++) all.push(http.get(base + '/echo?' + i));"
            "return all.map((r) => r.json('path')).join()"
        ),
        ",".join(f"/echo?{i}" for i in range(20)),
    ),
    "JSON of a response": (
        "const r = JSON.parse(JSON.stringify(http.get(base + '/json'))); return [r.status, r.proto]",
        [200, "HTTP/1.1"],
    ),
    "fields can be set": ("const r = http.get(base); r.body = 'x'; r.mine = 1; return [r.body, r.mine]", ["x", 1]),
    "constants": ("return [http.TLS_1_3, http.OCSP_STATUS_GOOD]", ["tls1.3", "good"]),
}


@pytest.mark.parametrize("name", VALUES)
def test_values(world: World, name: str) -> None:
    """What a script sees."""
    body, expected = VALUES[name]
    assert world.value(body) == expected


ERRORS: dict[str, tuple[str, str]] = {
    "no URL": ("http.get()", "URL"),
    "bad JSON": ("http.get(base + '/html').json()", "JSON"),
    "JSON of nothing": ("http.get(base + '/empty').json()", "no body"),
    "ntlm": ("http.get(base, {auth: 'ntlm'})", "ntlm"),
    "response type": ("http.get(base, {responseType: 'xml'})", "responseType"),
    "timeout": ("http.get(base, {timeout: 'soon'})", "timeout"),
    "compression": ("http.post(base, 'a', {compression: 'zip'})", "compression"),
    "callback": ("http.get(base, {responseCallback: () => 1})", "expectedStatuses"),
    "expected statuses": ("http.expectedStatuses('200')", "expectedStatuses"),
    "no expected statuses": ("http.expectedStatuses()", "expectedStatuses"),
    "jar": ("http.get(base, {jar: {}})", "CookieJar"),
    "file": ("http.file(5)", "file"),
    "body": ("http.post(base, [1, 2])", "JSON.stringify"),
    "batch": ("http.batch('x')", "batch"),
    "batch item": ("http.batch([5])", "batch"),
    "throw": ("http.get('http://127.0.0.1:1/', {throw: true})", "refused"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(world: World, name: str) -> None:
    """Misuse throws a JavaScript error that says what is wrong."""
    body, part = ERRORS[name]
    with pytest.raises(JsError) as error:
        world.value(body)
    assert part in error.value.message


def test_init_context(world: World) -> None:
    """Requests in init code are refused; callbacks and jars may be made there."""
    source = "import http from 'k6/http'; http.setResponseCallback(http.expectedStatuses(404)); new http.CookieJar();"
    world.call(f"{source} export default () => 1", phase="init")
    with pytest.raises(JsError) as error:
        world.call(f"{source} http.get('http://127.0.0.1:1/'); export default () => 1", phase="init")
    assert "init" in error.value.message


def test_multipart(world: World) -> None:
    """A file makes the body multipart, with name and type as given or by default."""
    world.value(
        "http.post(base, {a: 'x', f: http.file('data', 'f.txt', 'text/plain'), g: http.file(new "
        "Uint8Array([66]).buffer)})"
    )
    request = world.seen[0]
    assert request["headers"]["content-type"].startswith("multipart/form-data; boundary=")
    assert 'name="a"\r\n\r\nx\r\n' in request["body"]
    assert 'name="f"; filename="f.txt"\r\nContent-Type: text/plain\r\n\r\ndata\r\n' in request["body"]
    assert "Content-Type: application/octet-stream\r\n\r\nB\r\n" in request["body"]


def test_tags_and_names(world: World) -> None:
    """Tags, the name tag and templates reach the series; each redirect is a request of its own."""
    world.value(
        "http.get(base + '/json', {tags: {name: 'Doc', kind: 1}}); http.get(http.url`${base}/json?${1}`);"
        "http.get(base + '/redirect/1'); http.get(base + '/status/500');"
    )
    shown = [
        (tags["name"].rpartition("/")[2], tags["status"], tags["expected_response"]) for tags in world.ledger.requests
    ]
    assert shown == [
        ("Doc", "200", "true"),
        ("json?${}", "200", "true"),
        ("1", "302", "true"),
        ("echo", "200", "true"),
        ("500", "500", "false"),
    ]
    assert world.ledger.requests[0]["kind"] == "1"
    assert "kind" not in world.ledger.requests[1]
    assert world.ledger.requests[4]["error_code"] == "1500"
    assert {tags["scenario"] for tags in world.ledger.requests} == {"default"}


def test_expected_statuses(world: World) -> None:
    """The callback of a request, and that of the VU, decide what is a success."""
    world.value(
        "const s = base + '/status/404', e = http.expectedStatuses({min: 400, max: 404}, 200);"
        "http.get(s, {responseCallback: e}); http.get(s); http.setResponseCallback(e); http.get(s);"
        "http.get(s, {responseCallback: null}); http.get(base + '/status/201'); "
        "http.setResponseCallback(null); http.get(s)"
    )
    assert [tags["expected_response"] for tags in world.ledger.requests] == [
        "true",
        "false",
        "true",
        "true",
        "false",
        "true",
    ]


def test_too_many_redirects(world: World) -> None:
    """The last one is the response; the log says so unless the script set the limit."""
    body = "return http.get(base + '/redirect/12').status"
    assert world.value(body) == 302
    assert [level for level, _ in world.vu.logged] == ["warn"]
    assert "10 redirects" in world.vu.logged[0][1]
    assert world.value(body, {"maxRedirects": 10}) == 302
    assert world.vu.logged == []


def test_failures_are_logged(world: World) -> None:
    """A request without an answer is a warning in the log and a failed request."""
    world.value("http.get('http://127.0.0.1:1/')")
    assert world.vu.logged[0][0] == "warn"
    assert "refused" in world.vu.logged[0][1]
    assert [(tags["error_code"], tags["status"]) for tags in world.ledger.requests] == [("1212", "0")]


def test_a_body_that_cannot_be_unpacked(world: World) -> None:
    """Compression that is none leaves no body, with the reason and k6's number of it."""
    found = world.value("const r = http.get(base + '/badgzip'); return [r.status, r.body, r.error_code, r.error]")
    assert found[:3] == [200, None, 1701]
    assert "gzip" in found[3]


def test_options(world: World) -> None:
    """throw, discardResponseBodies and rps of the script's options."""
    with pytest.raises(JsError):
        world.value("http.get('http://127.0.0.1:1/')", {"throw": True})
    source = "const r = http.get(base), t = http.get(base, {responseType: 'text'}); return [r.body, t.status]"
    assert world.value(source, {"discardResponseBodies": True}) == [None, 200]
    assert world.value("return http.get(base).status", {"rps": 500}) == 200


def test_batch(world: World) -> None:
    """Arrays and objects of requests run side by side and keep their places."""
    result = world.value(
        "const a = http.batch([base + '/slow/2', ['POST', base, 'x'], {method: 'PUT', url: base, "
        "body: 'y'}, ['GET', base, null]]);"
        "const o = http.batch({one: base + '/json', two: http.url`${base}/echo`});"
        "return [a.length, a[0].body, a[1].json().body, a[2].json().method, o.one.json('age'), "
        "o.two.status, http.batch([])]"
    )
    assert result == [4, "late", "x", "PUT", 37, 200, []]
    assert world.most >= 2


@pytest.mark.parametrize(("options", "most"), [({"batch": 2}, 2), ({"batchPerHost": 3}, 3), ({}, 6)])
def test_batch_limits(world: World, options: dict[str, int], most: int) -> None:
    """No more at once than the options allow."""
    source = "return http.batch(Array(12).fill(base + '/slow/0.5')).every((r) => r.status === 200)"
    assert world.value(source, options) is True
    assert world.most == most


def test_batch_is_one_failure(world: World) -> None:
    """A request that throws fails the batch, after the others are done."""
    with pytest.raises(JsError):
        world.value("http.batch([base + '/slow/0.05', ['GET', 'http://127.0.0.1:1/', null, {throw: true}]])")
    assert len(world.ledger.requests) == 2
    assert not world.context.k6_http.kept


def test_responses_are_freed(world: World) -> None:
    """What a script lets go of, Python forgets: large responses at once, small ones soon."""
    world.value("for (let i = 0; i < 50; i++) http.get(base);")
    assert len(world.context.k6_http.kept) <= 10
    world.value("for (let i = 0; i < 5; i++) http.get(base + '/large').body.length; await 0;")
    assert len(world.context.k6_http.kept) <= 1
