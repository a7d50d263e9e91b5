"""A whole run that is steered over the REST interface."""

from __future__ import annotations

import math
import threading
from pathlib import Path

import msgspec
import pytest

from swell.coordinator.conduct import conduct
from swell.coordinator.judge import Judge
from swell.coordinator.transports.processes import ProcessWorkers
from swell.dialects.k6 import rest_api_commands as commands
from swell.dialects.k6.rest_api_control import RemoteControl, Scalable
from swell.dialects.k6.rest_api_server import RestServer
from swell.metrics.store import MetricStore
from swell.model.plan import Source, SteeredUsers
from tests.coordinator.programs import Program, plan_of
from tests.outputs.conftest import wait_until

ROOT = Path(__file__).parents[2]


class Steered(Program):
    """A program whose users are steered."""

    def spawning_complete(self, users: int) -> None:
        """Nothing to do."""


def load(source: Source) -> Steered:
    """The loader of this program."""
    return Steered(source)


def test_a_run_is_scaled_paused_and_stopped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Users follow what was asked for; a stop ends the run early and in good order."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    plan = plan_of(seconds=60, options={})
    (workload,) = plan.workloads
    steered = msgspec.structs.replace(workload, profile=SteeredUsers(1, math.inf, duration=60.0))
    source = msgspec.structs.replace(plan.source, loader=f"{__name__}:load")
    plan = msgspec.structs.replace(plan, workloads=(steered,), source=source)
    control = RemoteControl({workload.name: Scalable(1, 5)})
    server = RestServer("localhost:0", control)
    assert server.open() == ""
    address = f"localhost:{server.port}"
    codes: list[int] = []
    seen: list[int] = []

    def users() -> int:
        seen.append(control.status().vus)
        return seen[-1]

    def steer() -> None:
        try:
            wait_until(lambda: users() == 1, 60)
            codes.append(commands.scale(["-a", address, "--vus", "3"]))
            wait_until(lambda: users() == 3, 60)
            codes.append(commands.stats(["-a", address]))
            codes.append(commands.pause(["-a", address]))
            wait_until(lambda: users() == 0, 60)
        finally:
            codes.append(commands._patch(address, {"stopped": True}))

    thread = threading.Thread(target=steer)
    thread.start()
    store = MetricStore()
    outcome = conduct(
        plan,
        transport=ProcessWorkers(),
        workers=1,
        store=store,
        judge=Judge(plan),
        observers=[control],
        steering=control,
    )
    thread.join(30)
    server.close()
    assert codes == [0, 0, 0, 0]
    assert control.stopped
    assert outcome.duration < 50
    assert (outcome.lost, outcome.stop_reason) == ([], "")
    assert "name: iterations" in capsys.readouterr().out
