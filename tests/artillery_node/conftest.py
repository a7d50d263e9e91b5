"""Virtual users whose processor runs in Node; scripts run by the front door. Skipped where Node is not installed."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.artillery.flow.processor import load_processor
from swell.runtime.hub import LoopHub

from ..artillery.conftest import runner, server  # noqa: F401 - fixtures
from ..artillery_flow import conftest as flow
from ..artillery_flow.conftest import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from swell.dialects.artillery.flow.processor import Processor

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")


class NodeWorld(World):
    """As `World`. `runtime` is what processors run in, `notes` what was told about that."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.runtime: Any = "node"
        self.notes: list[str] = []
        self.processors: list[Processor] = []

    def load(self, path: Path, **options: Any) -> Processor:
        found = load_processor(path, runtime=self.runtime, note=self.notes.append, **options)
        self.processors.append(found)
        return found

    def close(self) -> None:
        """End the processors, as a worker does in the end."""
        while self.processors:
            self.in_fiber(self.processors.pop().close)

    def in_fiber(self, body: Any) -> None:
        async def main() -> None:
            hub, done = LoopHub(self.loop), self.loop.create_future()

            def run() -> None:
                try:
                    done.set_result(body())
                except BaseException as error:
                    done.set_exception(error)

            hub.spawn(run)
            await asyncio.wait_for(done, 60)

        self.loop.run_until_complete(main())

    def lines(self, level: str = "log") -> list[str]:
        """What was logged at this level."""
        return [text for each, text in self.logged if each == level]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NodeWorld]:
    """A server and a folder."""
    made = NodeWorld(tmp_path)
    monkeypatch.setattr(flow, "load_processor", made.load)
    yield made
    made.close()
