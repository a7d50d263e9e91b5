"""The patches of the standard library are for the time of a run only."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import asyncio, queue, select, selectors, socket, ssl, subprocess, threading
from swell.runtime import blocking, patch
from swell.runtime.hub import LoopHub

def names():
    owners = (select, selectors, socket, ssl, subprocess, threading, queue, threading.Thread)
    return [(owner.__name__, name, id(value)) for owner in owners for name, value in sorted(vars(owner).items())
            if not name.startswith("__")]

def one_run():
    async def live():
        patch.set_hub(LoopHub(asyncio.get_running_loop()))
        assert blocking.install()
        assert socket.socket.__module__.startswith("gevent"), socket.socket
    asyncio.run(live())
    blocking.uninstall()
    patch.set_hub(None)

import gevent.monkey, gevent.threadpool  # loaded by the first run, and not what is asked here
before = names()
one_run()
assert names() == before, set(names()) ^ set(before)
one_run()
assert names() == before, set(names()) ^ set(before)

import uvloop
loop = uvloop.new_event_loop()
loop.run_until_complete(asyncio.sleep(0))
loop.close()
print("as before")
"""


def test_patches_are_taken_back() -> None:
    """After a run the process has the real sockets, locks and threads again, and a second run patches again."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "as before", done.stderr
