"""Scripts of one VU with the modules that the libraries stand on: k6 (check, group) and http are small stand-ins."""

# ruff: noqa: E501 - scripts keep their lines

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.javascript import HostFunction, HostModule, JsContext, JsHost, JsLimits, JsProgram, Resolver, Shared
from swell.dialects.k6.jslib import catalog, host
from swell.dialects.k6.modules import crypto
from swell.metrics.tags import TagSet
from swell.runtime.hub import LoopHub, new_loop

if TYPE_CHECKING:
    from pathlib import Path

_K6 = """
exports.check = (value, sets) => {
  let all = true;
  for (const name of Object.keys(sets)) {
    let holds = sets[name];
    if (typeof holds === 'function') { try { holds = holds(value); } catch (e) { host.check(name, false); throw e; } }
    host.check(name, !!holds);
    all = all && !!holds;
  }
  return all;
};
exports.group = (name, run) => { host.enter(name); try { return run(); } finally { host.leave(); } };
"""
_HTTP = """
const send = (method, url, body, params) => ({ sent: host.send({ method, url, body: body ?? null, params: params ?? {} }) });
const made = { request: send, asyncRequest: async (...args) => send(...args),
  batch: (all) => (Array.isArray(all) ? all.map((r) => send(...r)) : Object.fromEntries(Object.entries(all).map(([k, r]) => [k, send(...r)]))) };
for (const name of ['post', 'put', 'patch', 'del', 'options']) made[name] = (url, body, params) => send(name === 'del' ? 'DELETE' : name.toUpperCase(), url, body, params);
for (const name of ['get', 'head']) made[name] = (url, params) => send(name.toUpperCase(), url, null, params);
exports.default = made;
"""
_EXECUTION = """
exports.default = {
  scenario: { get name() { return 'main'; }, get startTime() { return Date.now() - host.elapsed; } },
  test: { abort: (m) => { host.end('abort', m); throw new Error('aborted'); }, fail: (m) => { host.end('fail', m); }, options: { scenarios: { main: { executor: 'ramping-vus', startVUs: 0, stages: host.stages } } } },
  vu: { metrics: { tags: host.tags } },
};
exports.default.vu.metrics.tags = new Proxy({}, { set(_, name, value) { host.tag(name, value); return true; } });
"""


class World:
    """What came of the scripts: `checks` as (name, held), `groups`, `sent` requests, `tags`, `logged` lines,
    `ended` as (abort or fail, reason).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loop = new_loop()
        self.checks: list[tuple[str, bool]] = []
        self.groups: list[str] = []
        self.sent: list[dict[str, Any]] = []
        self.tags: dict[str, str] = {}
        self.logged: list[tuple[str, str]] = []
        self.ended: list[tuple[str, str]] = []
        self.stages: list[dict[str, Any]] = []
        self.elapsed = 0

    @property
    def phase(self) -> str:
        """What modules ask of a VU."""
        return "vu"

    def call(self, source: str) -> Any:
        """What the default function of a script returns."""
        return self.loop.run_until_complete(asyncio.wait_for(self._call(source), 60))

    def value(self, imports: str, body: str) -> Any:
        """What a function body returns; `imports` are import statements."""
        return self.call(f"{imports}\nexport default async function () {{ {body} }}")

    async def _call(self, source: str) -> Any:
        hub = LoopHub(self.loop)
        path = self.folder / "main.js"
        path.write_text(source, "utf-8")
        js_host = JsHost(
            modules={**self._stand_ins(), **crypto.modules(), **host.modules()},
            console=lambda _, level, text: self.logged.append((level, text)),
            limits=JsLimits(run_seconds=30.0),
        )
        vendor = self.folder / "vendor"
        resolver = Resolver(manner="k6", equivalent=catalog.equivalents([vendor]), vendor=vendor)
        program = JsProgram(path, js_host, resolver)
        done = self.loop.create_future()

        def live() -> None:
            try:
                context = JsContext(program, hub=hub, state=self, shared=Shared())
                context.load()
                done.set_result(context.call("default", [], wait="drained"))
            except BaseException as error:
                done.set_exception(error)

        hub.spawn(live).tags = TagSet.of({"scenario": "main"})
        return await done

    def _stand_ins(self) -> dict[str, HostModule]:
        k6 = {
            "check": HostFunction(lambda _, name, holds: self.checks.append((name, holds))),
            "enter": HostFunction(lambda _, name: self.groups.append(name)),
            "leave": HostFunction(lambda _: None),
        }
        execution = {
            "stages": self.stages,
            "elapsed": self.elapsed,
            "end": HostFunction(lambda _, what, message: self.ended.append((what, message))),
            "tag": HostFunction(lambda _, name, value: self.tags.update({name: value})),
        }
        return {
            "k6": HostModule(k6, _K6),
            "k6/http": HostModule({"send": HostFunction(self._send)}, _HTTP),
            "k6/execution": HostModule(execution, _EXECUTION),
        }

    def _send(self, _: Any, request: dict[str, Any]) -> int:
        self.sent.append(request)
        return len(self.sent)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A folder for scripts, and what came of them."""
    return World(tmp_path)
