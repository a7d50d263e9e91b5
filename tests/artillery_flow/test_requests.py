"""Request steps: what is sent, and what is counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import World


def test_a_get_is_counted_as_artillery_counts(world: World) -> None:
    """One request gives the counters, the rate and the summaries that Artillery has."""
    world.run({"get": {"url": "/json"}})
    assert world.paths == ["GET /json"]
    counters = dict(world.metrics.counters)
    size = counters.pop("http.downloaded_bytes")
    assert counters == {"http.requests": 1, "http.responses": 1, "http.codes.200": 1}
    assert size > 100
    assert world.metrics.rates == {"http.request_rate": 1}
    assert set(world.metrics.histograms) == {"http.response_time", "http.response_time.2xx", "vusers.session_length"}


def test_what_is_sent_by_default(world: World) -> None:
    """Header names are small letters, the agent is Artillery's, defaults are overridden by the step."""
    config = {"defaults": {"headers": {"X-One": "1", "Authorization": "Bearer {{ token }}"}}}
    world.run(
        {"get": {"url": "/echo", "headers": {"X-One": "2", "X-Two": "{{ two }}"}}},
        config=config,
        variables={"token": "tk", "two": 22},
    )
    headers = world.seen[0]["headers"]
    assert headers["user-agent"] == "Artillery (https://artillery.io)"
    assert (headers["x-one"], headers["x-two"], headers["authorization"]) == ("2", "22", "Bearer tk")
    assert all(name == name.lower() for name in world.seen[0]["names"] if name not in {"Host", "Content-Length"})


@pytest.mark.parametrize(
    ("spec", "body", "kind"),
    [
        ({"json": {"a": 1, "b": "{{ n }}"}}, '{"a":1,"b":5}', "application/json"),
        ({"json": [1, 2.0, None, True]}, "[1,2,null,true]", "application/json"),
        ({"body": "n={{ n }}"}, "n=5", None),
        ({"form": {"a b": "c d", "n": "{{ n }}"}}, "a+b=c+d&n=5", "application/x-www-form-urlencoded"),
        (
            {"json": {"a": [], "b": {}, "c": ["{{ n }}", {"d": "{{ no }}", "e": "\u00e9"}]}},
            '{"a":[],"b":{},"c":[5,{"e":"\u00c3\u00a9"}]}',
            "application/json",
        ),
        ({"json": {"{{ n }}": True, "q": 'a"{{ n }}'}}, '{"5":true,"q":"a\\"5"}', "application/json"),
        ({"json": "{{ o }}"}, '{"k":[1]}', "application/json"),
        ({"json": {"o": "{{ o }}", "s": "x{{ o }}"}}, '{"o":{"k":[1]},"s":"x{\\"k\\":[1]}"}', "application/json"),
    ],
)
def test_bodies(world: World, spec: dict[str, Any], body: str, kind: str | None) -> None:
    """JSON keeps types and is compact, forms are encoded, content types are set."""
    world.run({"post": {"url": "/echo", **spec}}, variables={"n": 5, "o": {"k": [1]}})
    assert world.seen[0]["body"] == body
    assert world.seen[0]["headers"].get("content-type") == kind


def test_multipart(world: World, tmp_path: Path) -> None:
    """FormData sends fields, values with types, and files beside the script."""
    (tmp_path / "a.txt").write_text("file content")
    parts = {"x": "{{ n }}", "j": {"value": "{}", "contentType": "application/json"}, "f": {"fromFile": "./a.txt"}}
    world.run({"post": {"url": "/echo", "formData": parts}}, variables={"n": 5})
    body = world.seen[0]["body"]
    assert world.seen[0]["headers"]["content-type"].startswith("multipart/form-data; boundary=")
    assert 'name="x"\r\n\r\n5\r\n' in body
    assert "Content-Type: application/json" in body
    assert 'filename="a.txt"' in body
    assert "file content" in body


def test_query_auth_and_cookies(world: World) -> None:
    """qs, basic auth and cookies reach the server; cookies stay for later steps."""
    world.run(
        {"get": {"url": "/echo?z=0", "qs": {"a": "1 2", "b": [1, 2]}, "auth": {"user": "u", "pass": "{{ p }}"}}},
        {"get": {"url": "/cookie", "cookie": {"own": "{{ p }}"}}},
        {"get": {"url": "/echo"}},
        variables={"p": "pw"},
    )
    assert world.paths[0] == "GET /echo?z=0&a=1+2&b=1&b=2"
    assert world.seen[0]["headers"]["authorization"] == "Basic dTpwdw=="
    assert world.seen[1]["headers"]["cookie"] == "own=pw"
    assert set(world.seen[2]["headers"]["cookie"].split("; ")) == {"own=pw", "sid=abc", "b=2"}


def test_redirects_are_hops_of_their_own(world: World) -> None:
    """Each hop is counted; a POST stays one on 302 and becomes GET on 303."""
    world.run({"post": {"url": "/redirect/2", "json": {"a": 1}}}, {"post": {"url": "/redirect/1/303", "json": {}}})
    assert world.paths == [
        "POST /redirect/2",
        "POST /redirect/1",
        "POST /echo",
        "POST /redirect/1/303",
        "GET /echo",
    ]
    assert world.seen[2]["body"] == '{"a":1}'
    assert world.seen[4]["body"] == ""
    assert world.metrics.counters["http.requests"] == 5
    assert world.metrics.counters["http.codes.302"] == 2
    assert len(world.metrics.histograms["http.response_time.3xx"]) == 3


def test_redirects_may_end(world: World) -> None:
    """FollowRedirect false, a 301 without Location and too many hops all come to an end."""
    world.run({"get": {"url": "/redirect/1", "followRedirect": False}}, {"get": {"url": "/nowhere"}})
    assert world.paths == ["GET /redirect/1", "GET /nowhere"]
    world.run({"get": {"url": "/redirect/30"}})
    assert world.failures[-1] is not None
    assert world.metrics.counters["errors.ERR_TOO_MANY_REDIRECTS"] == 1


def test_statuses_are_no_errors(world: World) -> None:
    """A VU goes on after 404 and 500."""
    world.run({"get": {"url": "/status/404"}}, {"get": {"url": "/status/500"}}, {"get": {"url": "/echo"}})
    assert world.failures == [None]
    assert world.metrics.counters["http.codes.404"] == world.metrics.counters["http.codes.500"] == 1


def test_network_errors_fail_the_user(world: World) -> None:
    """A timeout and a refused connection end the VU, under Node's names."""
    world.run({"get": {"url": "/slow/5"}}, {"get": {"url": "/echo"}}, config={"http": {"timeout": 0.2}})
    world.run({"get": {"url": "http://127.0.0.1:1/"}})
    world.run({"get": {"url": "{{ nothing }}/x"}})
    assert [failure and failure.code for failure in world.failures] == [
        "ETIMEDOUT",
        "ECONNREFUSED",
        "Invalid URL - undefined/x",
    ]
    assert world.metrics.counters["errors.ETIMEDOUT"] == world.metrics.counters["errors.ECONNREFUSED"] == 1
    assert "vusers.session_length" not in world.metrics.histograms


def test_if_true_and_probability(world: World) -> None:
    """IfTrue reads expressions over variables, probability draws."""
    world.run(
        {"get": {"url": "/a", "ifTrue": "n > 3 and kind == 'x'"}},
        {"get": {"url": "/b", "ifTrue": "n > 9"}},
        {"get": {"url": "/c", "ifTrue": "not ( n"}},
        {"get": {"url": "/d", "probability": 0}},
        {"get": {"url": "/e", "probability": 100}},
        variables={"n": 5, "kind": "x"},
    )
    assert world.paths == ["GET /a", "GET /c", "GET /e"]


def test_endpoint_metrics_and_apdex(world: World) -> None:
    """Endpoints go by the script's URLs, with names; apdex counts each response."""
    config = {"plugins": {"metrics-by-endpoint": {"stripQueryString": True}, "apdex": {"threshold": 60000}}}
    world.run(
        {"get": {"url": "/json?x=1"}},
        {"get": {"url": "/user/{{ n }}", "name": "one"}},
        {"get": {"url": "http://127.0.0.1:1/gone"}},
        config=config,
        variables={"n": 1},
    )
    prefix = "plugins.metrics-by-endpoint"
    counters = world.metrics.counters
    assert counters[f"{prefix}./json.codes.200"] == 1
    assert counters[f"{prefix}./user/{{{{ n }}}} (one).codes.200"] == 1
    assert counters[f"{prefix}.:1/gone.errors.ECONNREFUSED"] == 1
    assert world.metrics.histograms[f"{prefix}.server-timing./json"] == [12.5]
    assert len(world.metrics.histograms[f"{prefix}.response_time./json"]) == 1
    assert counters["apdex.satisfied"] == 2


def test_defaults_of_cookies_and_gzip(world: World) -> None:
    """A default cookie is there from the start; gzip false asks for none."""
    world.run({"get": {"url": "/echo", "gzip": False}}, config={"defaults": {"cookie": {"d": "1"}}})
    headers = world.seen[0]["headers"]
    assert headers["cookie"] == "d=1"
    assert headers["accept-encoding"] == "identity"
    assert json.loads(json.dumps(world.variables["target"])) == world.base


def test_json_of_nothing(world: World) -> None:
    """A `json:` with nothing behind it is sent as null; beside another body it says nothing."""
    world.run({"post": {"url": "/a", "json": None}}, {"post": {"url": "/b", "json": None, "body": "x"}})
    assert [request["body"] for request in world.seen] == ["null", "x"]
    assert world.seen[0]["headers"]["content-type"] == "application/json"


def test_hooks_see_the_url_that_was_asked_for(world: World) -> None:
    """After a redirect the request has its own URL and the response the last one; onError has the URL too."""
    source = """
    const short = (url) => url.replace(/^.*:[0-9]+/, '');
    exports.seen = (req, res, context, events, next) => { console.log(short(req.url), short(res.url)); next(); };
    exports.failed = (error, req, context, events, next) => { console.log(error.code, short(req.url)); next(); };
    """
    world.run({"get": {"url": "/redirect/1", "afterResponse": "seen"}}, processor=source)
    world.run({"get": {"url": "http://127.0.0.1:1/{{ n }}"}}, processor=source, variables={"n": 5}, onError="failed")
    assert [text for level, text in world.logged if level == "log"] == ["/redirect/1 /echo", "ECONNREFUSED /5"]
