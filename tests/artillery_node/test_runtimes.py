"""Which runtime a processor gets without a word from the user, and with one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from swell.dialects.artillery.flow import node_sidecar
from swell.dialects.artillery.mistakes import ScriptError

from .conftest import needs_node

if TYPE_CHECKING:
    from .conftest import NodeWorld

_F = "exports.f = (context, events, done) => { context.vars.v8 = typeof process.versions.v8; done(); };"
_LACKS = {
    ".mjs": ("import { isatty } from 'tty'; " + _F.replace("exports.f", "export const f"), "cannot import 'tty'"),
    ".cjs": (f"const tty = require('node:tty'); {_F}", "cannot import 'node:tty'"),
    ".js": (f"const packed = require('packed'); {_F}", "cannot find the package 'packed'"),
    ".x.js": (f"const channel = new MessageChannel(); {_F}", "MessageChannel is not defined"),
    ".y.js": (f"const helper = require('./helper'); {_F}", "imports 'net', which only Node has"),
}


@needs_node
@pytest.mark.parametrize("suffix", _LACKS)
def test_what_the_engine_lacks_leads_to_node(world: NodeWorld, suffix: str) -> None:
    """Modules, packages and globals that the embedded engine has not lead to Node; all kinds of modules work there."""
    package = world.folder / "node_modules" / "packed"
    package.mkdir(parents=True)
    manifest = {"name": "packed", "exports": {"node-addons": "./packed.js"}}
    (package / "package.json").write_text(json.dumps(manifest))
    (package / "packed.js").write_text("module.exports = 1;")
    (world.folder / "helper.js").write_text("exports.net = require('net');")
    world.runtime = "auto"
    source, why = _LACKS[suffix]
    world.run({"function": "f"}, processor=source, suffix=suffix)
    assert world.variables["v8"] == "string"
    (note,) = world.notes
    assert why in note


@pytest.mark.parametrize("runtime", ["auto", "embedded"])
def test_others_stay_embedded(world: NodeWorld, runtime: str) -> None:
    """What the embedded engine can run, or is told to run, runs there, and nothing is said."""
    world.runtime = runtime
    extra = "" if runtime == "auto" else "const net = require('net');"
    world.run({"function": "f"}, processor=extra + _F)
    assert world.variables["v8"] == "undefined"
    assert world.notes == world.logged == []


@needs_node
def test_stand_ins_win_over_a_node_that_cannot_load(world: NodeWorld) -> None:
    """A processor that loads only embedded runs there, with a warning about what will not work."""
    world.runtime = "auto"
    world.run({"function": "f"}, processor=f"const net = require('net'), axios = require('axios'); {_F}")
    assert world.variables["v8"] == "undefined"
    (warning,) = world.lines("warn")
    assert "imports 'net'" in warning
    assert "npm install axios" in warning


@needs_node
def test_waiting_at_the_top_for_nothing(world: NodeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor that never gets loaded is refused, in Node too."""
    monkeypatch.setattr(node_sidecar, "_IDLE_LIMIT", 0.1)
    with pytest.raises(ScriptError, match="never comes"):
        world.run({"function": "f"}, processor="await new Promise(() => {});", suffix=".mjs")
