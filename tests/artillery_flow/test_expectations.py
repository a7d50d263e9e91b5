"""The expect plugin beside the real one: names of counters, the forms it prints in, what fails a VU."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import World


def _told(world: World) -> str:
    return "\n".join(text for level, text in world.logged if level == "expect")


def _check(world: World, *checks: dict[str, Any], url: str = "/json", **options: Any) -> None:
    step = {"get": {"url": url, "name": "{{ who }}", "expect": list(checks)}}
    world.run(step, config={"plugins": {"expect": options}}, variables={"who": "Ann"})


def test_counters_have_the_plugins_names(world: World) -> None:
    """The check headerEquals counts with the name of its header; an empty result of JMESPath is one, 0 is none."""
    _check(world, {"headerEquals": ["etag", "no"]}, {"jmespath": "items[?id==`9`]"}, {"jpath": "none"})
    counters = world.metrics.counters
    assert counters["plugins.expect.failed.header etag values equals"] == 1
    assert counters["plugins.expect.ok.jmespath"] == counters["plugins.expect.failed.jpath"] == 1


def test_pretty_is_what_a_listed_plugin_prints(world: World) -> None:
    """Each request with its name and checks; a failed one with what was wanted, the response, and no secrets."""
    _check(world, {"statusCode": 200}, {"contentType": "json"})
    assert _told(world) == "* GET /json - Ann\n\n  ok statusCode 200 \n  ok contentType json "
    world.logged.clear()
    _check(world, {"statusCode": 404})
    lines = _told(world).splitlines()
    assert lines[2:5] == ["  not ok statusCode 200 ", "  expected: 404", "       got: 200"]
    assert '  etag: "abc"' in lines
    world.logged.clear()
    _check(world, {"statusCode": 404}, url="/cookie?token=t0p")
    assert "t0p" not in _told(world)
    assert "sid=abc" not in _told(world)


def test_passing_checks_are_shown_a_thousand_times(world: World) -> None:
    """Without a format chosen a load test does not print a line for each response; with one it does."""
    loop = {"loop": [{"get": {"url": "/json", "expect": {"statusCode": 200}}}], "count": 1003}
    world.run(loop, config={"plugins": {"expect": {}}})
    assert _told(world).count("ok statusCode") == 1000
    assert "only failed checks are shown" in _told(world)
    assert world.metrics.counters["plugins.expect.ok"] == 1003


@pytest.mark.parametrize("key", ["outputFormat", "formatter"])
def test_other_formats(world: World, key: str) -> None:
    """The format json is an object per request, prettyError shows failures only, silent nothing; others are refused."""
    _check(world, {"statusCode": [200, 201]}, **{key: "json"})
    result = {"ok": True, "expected": [200, 201], "type": "statusCode", "got": 200}
    assert json.loads(_told(world)) == {"name": "Ann", "url": "/json", "results": [result]}
    world.logged.clear()
    _check(world, {"statusCode": 200}, **{key: "prettyError"})
    _check(world, {"statusCode": 404}, **{key: "silent"})
    assert _told(world) == ""
    with pytest.raises(ValueError, match="pretty, prettyError, json, silent"):
        _check(world, {"statusCode": 200}, **{key: "fancy"})


def test_without_the_plugin_only_failures_are_told(world: World) -> None:
    """Checks that are judged although the plugin is not listed do not fill the console."""
    world.run({"get": {"url": "/json", "expect": {"statusCode": 200}}})
    assert _told(world) == ""
    world.run({"get": {"url": "/json", "expect": {"statusCode": 201}}})
    assert "not ok statusCode" in _told(world)


def test_errors_by_name(world: World) -> None:
    """With useOnlyRequestNames a failed expectation is an error by its request's name, templates filled in."""
    _check(world, {"statusCode": 404}, reportFailuresAsErrors=True, useOnlyRequestNames=True)
    assert world.metrics.counters["errors.Failed expectations for request Ann"] == 1
    _check(world, {"statusCode": 404}, reportFailuresAsErrors=True)
    assert world.metrics.counters[f"errors.Failed expectations for request {world.base}/json"] == 1


def test_cdn_hit(world: World) -> None:
    """A cache header must say hit or stale, or miss; without one both forms fail, as in the plugin."""
    _check(world, {"cdnHit": True}, {"cdnHit": False})
    assert world.metrics.counters["plugins.expect.failed.cdnHit"] == 2


def test_endpoints_have_the_path_of_the_target(world: World) -> None:
    """metrics-by-endpoint counts the whole path, also what the target has of it; names are filled in if not grouped."""
    steps = [{"get": {"url": "/a"}}, {"get": {"url": "/b", "name": "n{{ who }}"}}]
    options = {"plugins": {"metrics-by-endpoint": {}}, "target": "http://127.0.0.1:1/stg"}
    world.run(steps[0], config=options)
    assert world.metrics.counters["plugins.metrics-by-endpoint./stg/a.errors.ECONNREFUSED"] == 1
    world.run(steps[1], config={"plugins": {"metrics-by-endpoint": {"groupDynamicURLs": False}}}, variables={"who": 1})
    assert world.metrics.counters["plugins.metrics-by-endpoint./b (n1).codes.200"] == 1


def test_endpoints_and_hooks(world: World) -> None:
    """A hook of the scenario may rename the endpoint; one of the step comes too late for that."""
    source = """
    exports.all = (r, c, e, next) => { r.name = 'named'; next(); };
    exports.one = (r, c, e, next) => { r.url = r.url + '/more'; next(); };
    """
    config = {"plugins": {"metrics-by-endpoint": {}}}
    world.run({"get": {"url": "/echo", "beforeRequest": "one"}}, processor=source, config=config, beforeRequest="all")
    assert world.paths == ["GET /echo/more"]
    assert world.metrics.counters["plugins.metrics-by-endpoint./echo (named).codes.200"] == 1


def test_errors_of_urls_are_no_errors_of_endpoints(world: World) -> None:
    """What was never sent, for its URL is none, is counted once: neither as the endpoint's nor for onError."""
    world.run({"get": {"url": "{{ nothing }}"}}, config={"plugins": {"metrics-by-endpoint": {}}})
    assert dict(world.metrics.counters) == {"errors.Invalid URL - undefined": 1}
