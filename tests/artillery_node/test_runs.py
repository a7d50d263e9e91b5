"""Whole runs with a processor in Node: which runtime is taken and why, the end of Node, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from ..commands import PATIENCE, wait_for
from .conftest import needs_node

if TYPE_CHECKING:
    from tests.artillery.conftest import Runner, Server

_SCRIPT = """
config:
  target: URL
  processor: ./PROCESSOR
  phases: [{duration: 200ms, arrivalCount: 6}]
  variables: {word: [one]}
scenarios:
  - name: main
    flow:
      - function: prepare
      - post: {url: "/{{ way }}", json: {text: "{{ word }}"}, beforeRequest: sign}
"""
# What only Node has: a worker thread, a socket of its own, zlib.
_NATIVE = """
const net = require('net'), zlib = require('zlib');
const { Worker } = require('worker_threads');
function answer(port, text) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
    let all = '';
    socket.on('data', (data) => { all += data; }).on('end', () => resolve(all)).on('error', reject);
  });
}
module.exports.prepare = async (context, events) => {
  const url = new URL(context.vars.target);
  const raw = await answer(url.port, 'GET /status/204 HTTP/1.0\\r\\n\\r\\n');
  const double = await new Promise((resolve, reject) => {
    new Worker('require("worker_threads").parentPort.postMessage(21 * 2)', { eval: true }).on('message', resolve).on('error', reject);
  });
  context.vars.way = `${raw.split(' ')[1]}-${double}`;
  events.emit('counter', 'prepared', 1);
};
module.exports.sign = (req, context, events, next) => {
  req.headers['x-zip'] = zlib.gunzipSync(zlib.gzipSync(context.vars.word)).toString();
  next();
};
"""  # noqa: E501 - lines of JavaScript
_PLAIN = """
exports.prepare = (context, events, done) => { context.vars.way = typeof process.versions.v8; done(); };
exports.sign = (req, context, events, next) => next();
"""


def _script(server: Server, runner: Runner, source: str, name: str = "processor.js") -> str:
    runner.write(name, source)
    return _SCRIPT.replace("URL", server.url).replace("PROCESSOR", name)


@needs_node
def test_a_processor_that_needs_node_gets_it(runner: Runner, server: Server) -> None:
    """Imports that only Node has make the processor run there, without any option, and the console says why."""
    ran = runner.run(_script(server, runner, _NATIVE))
    assert ran.code == 0, ran.err
    assert ran.counters["vusers.completed"] == ran.counters["prepared"] == 6
    assert Counter(server.lines()) == {"GET /status/204": 6, "POST /204-42": 6}
    assert all(headers["x-zip"] == "one" for method, _, _, headers in server.seen if method == "POST")
    (note,) = [line for line in ran.out.splitlines() if "runs in Node" in line]
    assert "the processor imports 'net', which only Node has" in note
    assert "processor.js:2" in note


@needs_node
@pytest.mark.parametrize(
    ("options", "way", "noted"),
    [
        ([], "undefined", False),
        (["--processor-runtime", "node"], "string", True),
        (["--processor-runtime=node", "--quiet"], "string", False),
    ],
)
def test_the_user_decides(runner: Runner, server: Server, options: list[str], way: str, noted: bool) -> None:
    """Plain processors stay in the embedded engine; an option says otherwise."""
    ran = runner.run(_script(server, runner, _PLAIN), *options)
    assert ran.code == 0, ran.err
    assert Counter(server.lines()) == {f"POST /{way}": 6}
    assert ("runs in Node" in ran.out) is noted


@needs_node
@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            "const db = require('mongodb');",
            ["needs Node", "Cannot find module 'mongodb'", "npm install mongodb", "p.js:1"],
        ),
        ("module.exports = {\n", ["p.js:2"]),
        ("exports.f = nothing.here;", ["ReferenceError", "nothing", "p.js:1"]),
    ],
)
def test_mistakes_stay_mistakes(runner: Runner, server: Server, source: str, words: list[str]) -> None:
    """What Node cannot load either ends before the first VU, with the error that tells more."""
    ran = runner.run(_script(server, runner, source, "p.js"))
    assert ran.code == 1
    for word in words:
        assert word in ran.err
    assert "Traceback" not in ran.err
    assert server.seen == []


def test_without_node(runner: Runner, server: Server) -> None:
    """Where Node is missing the message names it; an import that fails only when it is used is allowed."""
    env = {"PATH": str(runner.folder)}
    ran = runner.run(_script(server, runner, "const db = require('mongodb');"), env=env)
    assert ran.code == 1
    assert "Node (18 or newer on the PATH; --processor-runtime node)" in ran.err
    ran = runner.run(_script(server, runner, _PLAIN), "--processor-runtime", "node", env=env)
    assert ran.code == 1
    assert "there is no Node" in ran.err
    ran = runner.run(_script(server, runner, f"const net = require('net');{_PLAIN}"), env=env)
    assert ran.code == 0, ran.err
    ran = runner.run(_script(server, runner, _PLAIN), "--processor-runtime", "deno")
    assert ran.code == 1
    assert "auto, embedded or node" in ran.err


@needs_node
def test_a_dead_node_ends_the_run_with_results(runner: Runner, server: Server) -> None:
    """Node's death is an error with its cause; what was measured until then is in the report."""
    script = _script(
        server,
        runner,
        """
        let calls = 0;
        exports.prepare = (context, events, done) => {
          context.vars.way = 'x';
          if (++calls === 4) process.kill(process.pid, 'SIGKILL');
          done();
        };
        exports.sign = (req, context, events, next) => next();
        """,
    ).replace("duration: 200ms, arrivalCount: 6", "duration: 60, arrivalRate: 10")
    ran = runner.run(script, "--processor-runtime=node")
    assert ran.code == 11, ran.err
    assert ran.err.count("the processor's Node process was killed by SIGKILL") == 1
    assert "Summary report" in ran.out
    assert ran.counters["http.requests"] == 3
    assert ran.counters["vusers.created"] < 100


@needs_node
def test_errors_in_before(runner: Runner, server: Server) -> None:
    """A Node that dies in `before` keeps the test from starting."""
    script = _script(server, runner, "exports.prepare = () => process.kill(process.pid, 'SIGTERM');")
    script += "before: {flow: [{function: prepare}]}\n"
    ran = runner.run(script, "--processor-runtime=node")
    assert ran.code == 1
    assert '"before" failed: the processor\'s Node process was killed by SIGTERM' in ran.err


@needs_node
@pytest.mark.parametrize(
    ("victim", "body"),
    [
        ("worker", "for (;;);"),
        ("all", "setTimeout(done, 1e6)"),
        ("all", "for (;;);"),
        ("ctrl-c", "setTimeout(done, 1e6)"),
    ],
)
def test_node_ends_with_its_worker(runner: Runner, server: Server, body: str, victim: str) -> None:
    """No Node process outlives its worker: killed, killed with its parent, or stopped; even while it computes."""
    if body.startswith("for") and sys.platform != "linux" and victim != "ctrl-c":
        pytest.skip("only Linux ends a computing Node with its parent")
    pids = runner.folder / "pid"
    source = (
        f"require('fs').writeFileSync('{pids}', `${{process.pid}}`);\nexports.prepare = (c, e, done) => {{ {body} }};"
    )
    runner.write("test.yml", _script(server, runner, source))
    command = [sys.executable, "-m", "swell", "artillery", "run", "test.yml", "--no-store", "--processor-runtime=node"]
    with Path(runner.folder / "out").open("wb") as out:
        process = subprocess.Popen(command, cwd=runner.folder, stdout=out, stderr=out)
    try:
        node = psutil.Process(wait_for(lambda: int(pids.read_text()) if pids.exists() and pids.read_text() else None))
        worker = node.parent()
        assert worker is not None
        assert worker.ppid() == process.pid
        if victim == "worker":
            worker.kill()
            assert process.wait(PATIENCE) == 11
        elif victim == "all":
            process.kill()
            process.wait(PATIENCE)
        else:
            os.kill(process.pid, signal.SIGINT)
            assert process.wait(PATIENCE) == 130
        wait_for(lambda: True if not node.is_running() or node.status() == psutil.STATUS_ZOMBIE else None)
    finally:
        process.kill()
        process.wait(PATIENCE)


@needs_node
def test_each_worker_has_one_node(runner: Runner, server: Server) -> None:
    """Several workers have a Node process each, shared by their VUs, and the note is told once."""
    ran = runner.run(
        _script(
            server,
            runner,
            """
            exports.prepare = (context, events, done) => { context.vars.way = `n${process.pid}`; done(); };
            exports.sign = (req, context, events, next) => next();
            """,
        ),
        "--processor-runtime=node",
        "--processes=2",
    )
    assert ran.code == 0, ran.err
    assert sorted(Counter(server.lines()).values()) == [3, 3]
    assert ran.out.count("runs in Node") == 1
