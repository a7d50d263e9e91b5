"""Scripts of one VU with the small modules, on an event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.javascript import HostFunction, JsContext, JsHost, JsLimits, JsProgram, Resolver, Shared
from swell.dialects.k6.modules import crypto, encoding, grpc, secrets, timers, webcrypto
from swell.metrics.tags import TagSet
from swell.runtime.hub import LoopHub, new_loop
from swell.runtime.patch import set_hub

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .grpc_shop import Desk


class Worker:
    """What the modules ask of the process. `resolver` is set when a script is there."""

    def __init__(self, folder: Path) -> None:
        self.secrets: Any = None
        self.redact: Any = None
        self.env: dict[str, str] = {}
        self.hub: LoopHub | None = None
        self.resolver: Any = None
        self.shared = Shared()
        self.folder = folder
        self.test = self
        self.secret_sources: list[str] = []
        self.files_root = ""
        self.script = str(folder / "main.js")
        self.options: dict[str, Any] = {}


class Vu:
    """What the modules ask of a VU; `samples` are (metric, value, tags) of what they recorded."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.phase = "init"
        self.env = worker.env
        self.options: dict[str, Any] = worker.options
        self.samples: list[tuple[str, float, dict[str, str]]] = []
        self.logged: list[tuple[str, str]] = []

    @property
    def hub(self) -> Any:
        return self.worker.hub

    def sample(
        self, metric: str, kind: str, value: float, extra: Mapping[str, str] | None = None, *, is_time: bool = False
    ) -> None:
        self.samples.append((metric, value, dict(extra or {})))

    def log(self, level: str, text: str, *, error: str = "") -> None:
        self.logged.append((level, f"{text} {error}" if error else text))


class World:
    """A folder for scripts, and what came of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loop = new_loop()
        self.worker = Worker(folder)
        self.vu = Vu(self.worker)
        self.loaded: Callable[[Any], object] = lambda _context: None
        self.at_end: Callable[[], object] = lambda: None
        """What the global stop() of scripts does."""

    def call(self, source: str) -> Any:
        """What the default function of a script returns."""
        return self.loop.run_until_complete(asyncio.wait_for(self.run(source), 60))

    def value(self, imports: str, body: str) -> Any:
        """What a function body returns; `imports` are import statements and more init code."""
        return self.call(f"{imports}\nexport default async function () {{ {body} }}")

    async def run(self, source: str) -> Any:
        """As `call`, on the running loop."""
        hub = self.worker.hub = LoopHub(self.loop)
        path = self.folder / "main.js"
        path.write_text(source, "utf-8")
        parts = (crypto, encoding, grpc, secrets, timers, webcrypto)
        modules = {name: module for part in parts for name, module in part.modules().items()}
        ends: dict[str, object] = {"stop": HostFunction(lambda _: self.at_end())}
        self.worker.resolver = resolver = Resolver(manner="k6")
        program = JsProgram(path, JsHost(modules=modules, globals=ends, limits=JsLimits(run_seconds=30.0)), resolver)
        done = self.loop.create_future()

        def live() -> None:
            try:
                context = JsContext(program, hub=hub, state=self.vu, shared=self.worker.shared)
                self.loaded(context)
                context.load()
                self.vu.phase = "vu"
                done.set_result(context.call("default", [], wait="drained"))
            except BaseException as error:
                done.set_exception(error)

        set_hub(hub)
        try:
            hub.spawn(live).tags = TagSet.of({"scenario": "main"})
            return await done
        finally:
            set_hub(None)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A folder for scripts, and what came of them."""
    return World(tmp_path)


@pytest.fixture
def desk(world: World) -> Desk:
    """A gRPC shop and its scripts."""
    pytest.importorskip("grpc")
    pytest.importorskip("grpc_tools")
    from .grpc_shop import Desk

    return Desk(world)
