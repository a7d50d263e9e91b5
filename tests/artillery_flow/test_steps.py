"""Captures, checks and the steps that are no requests."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.artillery.flow.think import Think

if TYPE_CHECKING:
    from .conftest import World


@pytest.mark.parametrize(
    ("path", "url", "capture", "value"),
    [
        ("id", "/json", {"json": "$.id"}, 7),
        ("bare", "/json", {"json": "deep.er.value"}, "x"),
        ("none", "/json", {"json": "$.none"}, None),
        ("index", "/json", {"json": "$.items[1].id"}, 2),
        ("last", "/json", {"json": "$.items[(@.length-1)].id"}, 3),
        ("filter", "/json", {"json": "$.items[?(@.kind === 'a')].id"}, 1),
        ("object", "/json", {"json": "$.deep"}, {"er": {"value": "x"}}),
        ("all", "/json", {"json": "$.items[*].id", "multiple": False}, [1, 2, 3]),
        ("deep", "/json", {"json": "$..value"}, "x"),
        ("regexp", "/html", {"regexp": 'name="csrf" value="([^"]+)"', "group": 1}, "t0k3n"),
        ("whole", "/html", {"regexp": "HREF=.*?>", "flags": "i"}, 'href="/one">'),
        ("named", "/html", {"regexp": 'value="(?<token>\\w+)"', "group": "token"}, "t0k3n"),
        ("header", "/json", {"header": "ETag"}, '"abc"'),
        ("attr", "/html", {"selector": "a.nav", "attr": "href"}, "/one"),
        ("index", "/html", {"selector": "a.nav", "attr": "href", "index": 1}, "/two"),
        ("last", "/html", {"selector": "a.nav", "attr": "href", "index": "last"}, "/two"),
        ("text", "/html", {"selector": "a.nav"}, "first"),
    ],
)
def test_captures(world: World, path: str, url: str, capture: dict[str, Any], value: Any) -> None:
    """Every kind of capture finds its value and keeps its type."""
    world.run({"get": {"url": url, "capture": {**capture, "as": path}}})
    assert world.failures == [None]
    assert world.variables[path] == value


def test_several_matches_give_one_at_random(world: World) -> None:
    """A path with several matches captures one of them."""
    step = {"get": {"url": "/json", "capture": [{"json": "$.items[*].id", "as": "a[x]"}]}}
    world.run(step)
    assert world.variables["a"]["x"] in {1, 2, 3}


def test_a_failed_capture_fails_the_user(world: World) -> None:
    """A strict capture that finds nothing fails the VU, stores nothing, and skips what follows."""
    captures = [{"json": "$.id", "as": "id"}, {"json": "$.nothing", "as": "x"}]
    world.run({"get": {"url": "/json", "capture": captures}}, {"get": {"url": "/later"}})
    assert world.failures[0] is not None
    assert world.metrics.counters["errors.Failed capture or match"] == 1
    assert "id" not in world.variables
    assert world.paths == ["GET /json"]
    world.run({"get": {"url": "/html", "capture": {"json": "$.id", "as": "id"}}})
    assert "not JSON" in ((world.failures[1] and world.failures[1].detail) or "")


def test_captures_may_be_lax(world: World) -> None:
    """Strict false, on the capture or by default, lets the VU go on."""
    lax = {"json": "$.nothing", "as": "x", "strict": False}
    world.run({"get": {"url": "/json", "capture": [lax, {"json": "$.id", "as": "id"}]}})
    world.run(
        {"get": {"url": "/json", "capture": {"json": "$.no", "as": "x"}}}, config={"defaults": {"strictCapture": False}}
    )
    world.run({"get": {"url": "/html", "capture": [lax, {"regexp": "first", "as": "word"}]}})
    assert world.failures == [None, None, None]
    assert world.variables["word"] == "first"


def test_captures_of_lists_are_lists(world: World) -> None:
    """With multiple false a path that may find several gives a list, of one too, so that loops go over it."""
    paths = {
        "one": "$.items[?(@.id==1)].kind",
        "last": "$.items[-1:].id",
        "sure": "$.items[0].id",
        "all": "$.items[*].id",
    }
    captures = [{"json": path, "as": name, "multiple": False} for name, path in paths.items()]
    world.run(
        {"get": {"url": "/json", "capture": captures}},
        {"loop": [{"get": {"url": "/over/{{ $loopElement }}"}}], "over": "one"},
    )
    found = [world.variables[name] for name in paths]
    assert found == [["a"], [3], 1, [1, 2, 3]]
    assert world.paths[1:] == ["GET /over/a"]


def test_match(world: World) -> None:
    """The old match compares, and fails the VU unless it is not strict."""
    world.run({"get": {"url": "/json", "match": {"json": "$.id", "value": "{{ n }}"}}}, variables={"n": 7})
    world.run({"get": {"url": "/json", "match": {"json": "$.id", "value": 8, "strict": False}}})
    world.run({"get": {"url": "/json", "match": {"json": "$.id", "value": 8}}})
    assert [failure is None for failure in world.failures] == [True, True, False]


def test_expectations(world: World) -> None:
    """Checks are counted by kind, see captures, and fail the VU only if that is asked for."""
    expect = [
        {"statusCode": [200, 201]},
        {"notStatusCode": 500},
        {"contentType": "json"},
        {"hasProperty": "deep.er"},
        {"notHasProperty": "nothing"},
        {"equals": ["{{ got }}", 7]},
        {"hasHeader": "ETAG"},
        {"headerEquals": ["etag", '"abc"']},
        {"matchesRegexp": "An+"},
        {"statusCode": 201, "hasHeader": "x-no"},
    ]
    step = {"get": {"url": "/json", "capture": {"json": "$.id", "as": "got"}, "expect": expect}}
    world.run(step, config={"plugins": {"expect": {}}})
    counters = world.metrics.counters
    assert world.failures == [None]
    assert (counters["plugins.expect.ok"], counters["plugins.expect.failed"]) == (9, 2)
    assert counters["plugins.expect.failed.statusCode"] == counters["plugins.expect.failed.hasHeader"] == 1
    assert counters["plugins.expect.ok.equals"] == 1
    told = [text for level, text in world.logged if level == "expect"]
    assert "statusCode" in told[0]
    world.run(step, config={"plugins": {"expect": {"reportFailuresAsErrors": True}}})
    assert world.failures[1] is not None


def test_loops(world: World) -> None:
    """Loops count, go over ranges and lists, and name their variables."""
    world.run(
        {"loop": [{"get": {"url": "/a/{{ $loopCount }}"}}], "count": 2},
        {"loop": [{"get": {"url": "/b/{{ i }}"}}], "count": "1-3", "loopValue": "i"},
        {"loop": [{"get": {"url": "/c/{{ $loopElement.k }}/{{ $loopCount }}"}}], "over": "items"},
        {"loop": [{"get": {"url": "/d/{{ x }}"}}], "over": ["p", "q"], "loopElement": "x"},
        {"loop": [{"get": {"url": "/e"}}], "over": "nothing"},
        {"loop": [{"get": {"url": "/f"}}], "count": "{{ times }}"},
        variables={"items": [{"k": 1}, {"k": 2}], "times": 2},
    )
    assert [path.removeprefix("GET ") for path in world.paths] == [
        "/a/0",
        "/a/1",
        "/b/1",
        "/b/2",
        "/c/1/0",
        "/c/2/1",
        "/d/p",
        "/d/q",
        "/f",
        "/f",
    ]


def test_parallel_is_parallel(world: World) -> None:
    """Requests of a parallel step are under way at once; a limit holds."""
    steps = [{"get": {"url": "/slow/1", "capture": {"header": "content-length", "as": f"v{i}"}}} for i in range(6)]
    world.run({"parallel": steps})
    assert world.most == 6
    assert [world.variables[f"v{i}"] for i in range(6)] == ["4"] * 6
    world.most = 0
    world.run({"parallel": steps, "limit": 2})
    assert world.most == 2


def test_log_function_and_think(world: World) -> None:
    """Logs are rendered; a function that does not exist is counted and passed over; thinking passes time."""
    world.run(
        {"log": "n is {{ n }}"}, {"function": "gone"}, {"think": 0.01}, {"think": "{{ n }}ms"}, variables={"n": 3}
    )
    assert ("log", "n is 3") in world.logged
    assert world.metrics.counters['errors.Undefined function "gone"'] == 1
    assert world.failures == [None]
    assert world.metrics.histograms["vusers.session_length"][0] >= 12


@pytest.mark.parametrize(
    ("value", "jitter", "low", "high"),
    [
        (5, None, 5, 5),
        ("0.5", None, 0.5, 0.5),
        (2, "50%", 1, 3),
        ("1s", "200ms", 0.8, 1.2),
        ("1-3", None, 1, 3),
        ("100-300ms", None, 0.1, 0.3),
        ("1 min", None, 60, 60),
    ],
)
def test_thinking_times(value: Any, jitter: Any, low: float, high: float) -> None:
    """Numbers, texts, ranges and jitter give times within their bounds."""
    think = Think(value, jitter)
    span = think._fixed  # pyright: ignore[reportPrivateUsage]
    assert span is not None
    for seed in range(50):
        assert low <= think.seconds(span, Random(seed)) <= high


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"fetch": 1}, "there is no step 'fetch'"),
        ({"get": {"json": 1}}, "needs a url"),
        ({"think": "soon"}, "is no time"),
        ({"loop": {"get": {"url": "/"}}}, "list of steps"),
        ({"get": {"url": "/", "capture": {"json": "$.a"}}}, '"as"'),
        ({"emit": {"channel": "x"}}, "engines ws and socketio"),
    ],
)
def test_mistakes_name_the_step(world: World, step: dict[str, Any], message: str) -> None:
    """What is wrong in a flow is told before anything runs, with the number of the step."""
    with pytest.raises(ValueError, match="step 2") as told:
        world.run({"get": {"url": "/"}}, step)
    assert message in str(told.value)
    assert world.seen == []


def test_python_processors(world: World) -> None:
    """Functions in Python have the same arguments without callbacks; what they raise fails the VU."""
    source = """
async def first(context, events):
    context.vars["order"] = ["first"]
    events.emit("counter", "py", 2)

def before(request, context, events):
    request["json"]["extra"] = context.vars["order"]
    request.setdefault("headers", {})["x-py"] = "1"

def after(request, response, context, events):
    context.vars["seen"] = [response.status_code, response.json()["method"], response.headers["Content-Type"]]

def more(context):
    context.vars["n"] = context.vars.get("n", 0) + 1
    return context.vars["n"] < 2

def boom(context, events):
    raise ValueError("bad luck")
"""
    world.run(
        {"function": "first"},
        {"post": {"url": "/echo", "json": {"a": 1}, "beforeRequest": "before", "afterResponse": "after"}},
        {"loop": [{"get": {"url": "/loop"}}], "whileTrue": "more"},
        {"function": "boom"},
        processor=source,
        suffix=".py",
    )
    assert world.seen[0]["body"] == '{"a":1,"extra":["first"]}'
    assert world.seen[0]["headers"]["x-py"] == "1"
    assert world.variables["seen"] == [200, "POST", "application/json"]
    assert world.paths[1:] == ["GET /loop", "GET /loop"]
    assert world.metrics.counters["py"] == 2
    assert world.failures[0] is not None
    assert world.failures[0].code == "bad luck"
    assert "processor.py:" in world.failures[0].detail


def test_xpath(world: World) -> None:
    """XPath reads pages, attributes and texts alike."""
    pytest.importorskip("lxml")
    captures = [{"xpath": "//a[2]/@href", "as": "link"}, {"xpath": "//a[1]", "as": "text"}]
    world.run({"get": {"url": "/html", "capture": captures}})
    assert world.failures == [None]
    assert (world.variables["link"], world.variables["text"]) == ("/two", "first")
