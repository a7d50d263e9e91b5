"""The REST interface: documents, steering, the server and the commands that talk to it."""

from __future__ import annotations

import json
import math
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from swell.coordinator.control import Phase
from swell.coordinator.state import LiveRun
from swell.coordinator.steering import SteerTarget
from swell.dialects.k6 import rest_api_commands as commands
from swell.dialects.k6 import rest_api_control
from swell.dialects.k6.rest_api import Change, Refusal, answer
from swell.dialects.k6.rest_api_control import RemoteControl, Scalable
from swell.dialects.k6.rest_api_server import RestServer
from tests.k6_outputs.conftest import Measured


def live_of(measured: Measured) -> LiveRun:
    """The run while it goes on."""
    live = LiveRun(measured.run.plan, 1, measured.store, 10.0)
    live.phase = Phase.RUNNING
    live.elapsed, live.seconds, live.results = 9.5, 9, tuple(measured.run.thresholds)
    return live


@contextmanager
def coordinating(control: RemoteControl, live: LiveRun) -> Iterator[None]:
    """The coordinator looks at the run again and again, as long as the block lasts."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.01):
            control.refresh(live)

    thread = threading.Thread(target=look)
    control.refresh(live)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def ask(control: RemoteControl, method: str, path: str, document: Any = None) -> Any:
    """Status and document of one request."""
    return tuple(answer(method, path, json.dumps(document).encode(), control))


def patch(**attributes: Any) -> dict[str, Any]:
    """The body of a change."""
    return {"data": {"type": "status", "id": "default", "attributes": attributes}}


def test_status_metrics_and_groups(measured: Measured) -> None:
    """Documents in JSON:API, names as in k6."""
    control = RemoteControl()
    control.setup_data = {"token": 1}
    with coordinating(control, live_of(measured)):
        status, document = ask(control, "GET", "/v1/status")
        assert status == 200
        assert document["data"]["attributes"] == {
            "status": 6,
            "paused": False,
            "vus": 0,
            "vus-max": 0,
            "stopped": False,
            "running": True,
            "tainted": True,
        }
        _, document = ask(control, "GET", "/v1/metrics")
        metrics = {each["id"]: each["attributes"] for each in document["data"]}
        assert metrics["http_reqs"]["sample"] == {"count": 100, "rate": 10}
        assert metrics["http_req_failed"]["tainted"] is True
        assert metrics["http_reqs"]["tainted"] is None
        _, document = ask(control, "GET", "/v1/metrics/vus")
        assert document["data"]["attributes"]["type"] == "gauge"
        _, document = ask(control, "GET", "/v1/groups")
        names = [each["attributes"]["name"] for each in document["data"]]
        assert names == ["", "shop", "cart"]
        shop = document["data"][1]
        assert shop["relationships"]["parent"]["data"]["id"] == document["data"][0]["id"]
        assert ask(control, "GET", f"/v1/groups/{shop['id']}")[1]["data"] == shop
        _, document = ask(control, "GET", "/v1/setup")
        assert document["data"]["attributes"]["data"] == {"token": 1}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/metrics/none", 404),
        ("GET", "/v2/status", 404),
        ("DELETE", "/v1/status", 405),
        ("POST", "/v1/teardown", 400),
        ("PATCH", "/v1/status", 400),
    ],
)
def test_what_cannot_be_done_is_refused(measured: Measured, method: str, path: str, status: int) -> None:
    """With the status of HTTP and a text."""
    control = RemoteControl()
    with coordinating(control, live_of(measured)):
        found, document = ask(control, method, path, {"no": "data"})
    assert found == status
    assert document["errors"][0]["detail"]


def test_a_test_that_is_not_running_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for ever for a coordinator that does not look."""
    monkeypatch.setattr(rest_api_control, "PATIENCE", 0.01)
    assert ask(RemoteControl(), "GET", "/v1/metrics")[0] == 503
    assert ask(RemoteControl(), "GET", "/v1/status")[0] == 200


def test_externally_controlled_scenarios_are_scaled_and_paused() -> None:
    """What steering says next; more VUs than the most are refused."""
    control = RemoteControl({"ext": Scalable(2, 10)})
    assert control.tick(1.0) == [SteerTarget("ext", 2, math.inf)]
    assert ask(control, "PATCH", "/v1/status", patch(vus=5))[0] == 200
    assert control.tick(2.0) == [SteerTarget("ext", 5, math.inf)]
    assert ask(control, "PATCH", "/v1/status", patch(vus=50))[0] == 400
    control.patch(Change(vus=50, vus_max=60))
    control.patch(Change(paused=True))
    assert control.status().paused
    assert control.tick(3.0) == [SteerTarget("ext", 0, math.inf)]
    control.patch(Change(paused=False))
    assert control.tick(4.0) == [SteerTarget("ext", 50, math.inf)]
    assert ask(control, "PATCH", "/v1/status", patch(stopped=True))[0] == 200
    assert control.tick(5.0) is None
    assert control.stopped


def test_other_tests_can_only_be_stopped_or_begun() -> None:
    """As in k6: scaling and pausing need an externally-controlled scenario."""
    control = RemoteControl(paused=True)
    assert not control.wait_for_start(0)
    assert control.status().paused
    control.patch(Change(paused=False))
    assert control.wait_for_start(0)
    for change in (Change(paused=True), Change(vus=3)):
        with pytest.raises(Refusal, match="externally-controlled"):
            control.patch(change)
    assert control.tick(1.0) == []


def test_other_steering_is_asked_too() -> None:
    """The steering of the test itself goes on."""

    class Shape:
        def tick(self, elapsed: float) -> list[SteerTarget] | None:
            return [SteerTarget("other", 1, 1.0)] if elapsed < 5 else None

    control = RemoteControl({"ext": Scalable(1, 1)}, steering=Shape())
    assert [target.workload for target in control.tick(1.0) or []] == ["ext", "other"]
    assert control.tick(6.0) is None


@contextmanager
def served(control: RemoteControl) -> Iterator[str]:
    server = RestServer("localhost:0", control)
    assert server.open() == ""
    try:
        yield f"localhost:{server.port}"
    finally:
        server.close()


def test_the_commands(measured: Measured, capsys: pytest.CaptureFixture[str]) -> None:
    """status, stats, scale, pause and resume against a server; refusals are exit code 1."""
    control = RemoteControl({"ext": Scalable(2, 10)})
    with served(control) as address, coordinating(control, live_of(measured)):
        assert commands.status(["--address", address]) == 0
        assert "running: true" in capsys.readouterr().out
        assert commands.stats(["-a", address]) == 0
        assert "- name: http_reqs\n  type: counter\n" in capsys.readouterr().out
        assert commands.scale(["-a", address, "--vus", "7"]) == 0
        assert commands.pause(["-a", address]) == 0
        assert "paused: true" in capsys.readouterr().out
        assert commands.resume(["-a", address]) == 0
        assert control.tick(1.0) == [SteerTarget("ext", 7, math.inf)]
        assert commands.scale(["-a", address, "--vus", "70"]) == 1
        assert "the test refused: 70 VUs are more" in capsys.readouterr().err
    assert commands.status(["-a", address]) == 1
    assert "no test answers" in capsys.readouterr().err


def test_pages_of_other_origins_change_nothing() -> None:
    """A page in a browser cannot stop the test."""
    control = RemoteControl()
    with served(control) as address:
        body = json.dumps(patch(stopped=True)).encode()
        request = urllib.request.Request(f"http://{address}/v1/status", body, method="PATCH")
        request.add_header("Origin", "http://evil.example")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=10)
        assert caught.value.code == 403
        assert not control.stopped
        with urllib.request.urlopen(f"http://{address}/ping", timeout=10) as found:
            assert found.read() == b"ok"


def test_a_taken_port_is_a_note_and_no_error() -> None:
    """The test runs without the interface then."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = RestServer(f"127.0.0.1:{port}", RemoteControl())
        assert f"cannot listen on 127.0.0.1:{port}" in server.open()
        server.close()
