"""An Artillery test as it travels to the workers: scripts merged, templates of the config filled in.

Rules: plain data in one JSON text, in the plan's `Source.options`. Environment variables are not in it: they are the
plan's own `Source.env`. What is stored of a run is `public_plan`: a script may hold secrets anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from swell.dialects.artillery.processors import Runtime

if TYPE_CHECKING:
    from swell.model.plan import Plan

__all__ = ["ArtilleryTest", "public_plan"]


class ArtilleryTest(msgspec.Struct, kw_only=True):
    """One test. `script` and `config_file` are absolute paths, `only` is the index of the one scenario to run."""

    script: str
    config_file: str
    environment: str = ""
    test_id: str = ""
    config: dict[str, Any] = {}
    scenarios: list[dict[str, Any]] = []
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    only: int | None = None
    strict_compat: bool = False
    """Plugins act only where they are switched on, as in Artillery."""
    processor_runtime: Runtime = "auto"
    """What a JavaScript processor runs in (`flow.runtimes`)."""

    def pack(self) -> dict[str, str]:
        """As `Source.options`."""
        return {"test": msgspec.json.encode(self).decode()}

    @classmethod
    def unpack(cls, options: dict[str, str]) -> ArtilleryTest:
        """From `Source.options`."""
        return msgspec.json.decode(options["test"], type=cls)


def public_plan(plan: Plan) -> Plan:
    """The plan without the script's own text, for records."""
    return msgspec.structs.replace(plan, source=msgspec.structs.replace(plan.source, options={}))
