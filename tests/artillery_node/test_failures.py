# ruff: noqa: E501 - lines of JavaScript
"""Failures in Node: functions that fail, and a Node that dies, hangs or will not end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from swell.dialects.artillery.flow import node_sidecar
from swell.engine.script import AbortRun

from .conftest import needs_node

if TYPE_CHECKING:
    from .conftest import NodeWorld

pytestmark = needs_node


@pytest.mark.parametrize("runtime", ["node", "embedded"])
@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("exports.f = (context, ee, done) => { throw new Error('thrown'); };", "thrown"),
        ("exports.f = (context, ee, done) => done(new Error('handed over'));", "handed over"),
        ("exports.f = (context, ee, done) => done('text');", "text"),
        ("exports.f = async () => { throw Object.assign(new Error('m'), { code: 'ECODE' }); };", "ECODE"),
        ("exports.f = () => Promise.reject(undefined);", "rejected"),
        ("exports.f = async () => { null.x; };", ""),
        ("exports.f = (context, ee, done) => { /* never */ };", "processor function f: it never calls its callback"),
    ],
)
def test_errors_fail_the_vu(
    world: NodeWorld, monkeypatch: pytest.MonkeyPatch, runtime: str, source: str, code: str
) -> None:
    """Errors are counted once under the same name as in the embedded engine, and the flow ends there."""
    monkeypatch.setattr(node_sidecar, "_IDLE_LIMIT", 0.1)
    world.runtime = runtime
    world.run({"function": "f"}, {"get": "/never"}, processor=source)
    errors = {name: n for name, n in world.metrics.counters.items() if name.startswith("errors.")}
    (failure,) = world.failures
    assert failure is not None
    assert errors == {f"errors.{failure.code}": 1}
    assert failure.code == code or not code
    assert world.seen == []


def test_errors_have_their_line(world: NodeWorld) -> None:
    """The file and line of an error are told, once, however many VUs it fails."""
    world.run({"function": "f"}, processor="\n\nexports.f = () => { throw new Error('here'); };\n", users=5)
    assert world.lines("warn") == [f"processor function f ({world.folder}/processor.js:3): here"]
    assert world.metrics.counters["errors.here"] == 5


def test_uncaught_errors_are_told(world: NodeWorld) -> None:
    """What is thrown outside of any call is told, and Node goes on."""
    world.run(
        {"function": "f"},
        {"function": "g"},
        processor="""
            exports.f = (context, ee, done) => { setTimeout(() => { throw new Error('late'); }, 1); Promise.reject(new Error('lost')); setTimeout(done, 30); };
            exports.g = (context, ee, done) => { context.vars.alive = true; done(); };
        """,
    )
    assert world.variables["alive"] is True
    told = "\n".join(world.lines("error"))
    assert "processor: uncaught Error: late" in told
    assert "processor: uncaught Error: lost" in told


def test_a_node_that_dies_ends_the_run(world: NodeWorld) -> None:
    """The first VU that notices ends the run with how Node died; the exit code is a crash's."""
    with pytest.raises(AbortRun, match=r"Node process was killed by SIGKILL"):
        world.run({"function": "f"}, processor="exports.f = () => process.kill(process.pid, 'SIGKILL');")
    assert world.processors[0].exit_code == 11  # type: ignore[attr-defined]


def test_a_node_that_hangs_ends_the_run(world: NodeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that computes for ever is noticed, Node is killed, and that is said."""
    monkeypatch.setattr(node_sidecar, "_PATIENCE", 2.0)
    with pytest.raises(AbortRun, match="has not answered for 2 s"):
        world.run({"function": "f"}, processor="exports.f = () => { for (;;); };")


def test_patience_is_for_silence_only(world: NodeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that waits longer than a silent Node may is waited for."""
    monkeypatch.setattr(node_sidecar, "_PATIENCE", 1.0)
    world.run({"function": "f"}, processor="exports.f = (context, ee, done) => setTimeout(done, 2500);")
    assert world.failures == [None]


def test_a_node_that_will_not_end_is_killed(world: NodeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end a Node that still computes is killed after a while, with an error and the exit code of a crash."""
    monkeypatch.setattr(node_sidecar, "_CLOSE_LIMIT", 0.5)
    world.run(
        {"function": "f"},
        processor="exports.f = (context, ee, done) => { done(); setTimeout(() => { for (;;); }, 1); };",
    )
    processor = world.processors[0]
    pid = processor.process.pid  # type: ignore[attr-defined]
    world.loop.run_until_complete(_sleep(0.2))
    world.close()
    assert processor.exit_code == 11  # type: ignore[attr-defined]
    assert "did not end" in world.lines("error")[-1]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def _sleep(seconds: float) -> None:
    import asyncio

    await asyncio.sleep(seconds)
