"""When blocking calls are made cooperative: by what a file imports, and never otherwise."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from swell.runtime.blocking import install, needs_it, prepare
from swell.runtime.hub import LoopHub
from swell.runtime.patch import set_hub
from swell.runtime.virtual import VirtualHub


@pytest.mark.parametrize(
    "source",
    [
        "import requests",
        "import socket as s",
        "from urllib.request import urlopen",
        "import concurrent.futures",
        "def task():\n    from psycopg import connect",
        "import gevent.pool",
        "import never_heard_of_it",
    ],
)
def test_needed(source: str, tmp_path: Path) -> None:
    """Modules that wait, and packages that nobody here knows."""
    assert needs_it(source.encode(), tmp_path)


@pytest.mark.parametrize(
    "source",
    [
        "from swell import HttpUser, task",
        "from locust import FastHttpUser",
        "import time, json, random, asyncio, csv, logging",
        "import numpy as np\nimport yaml\nfrom faker import Faker",
        "from . import beside",
        "import beside",
        "this is no Python",
        "'\\0'",
    ],
)
def test_not_needed(source: str, tmp_path: Path) -> None:
    """The library's harmless part, harmless packages, modules beside the file (which are looked at when imported)."""
    (tmp_path / "beside.py").touch()
    assert not needs_it(source.encode(), tmp_path)


def test_only_on_a_real_loop(tmp_path: Path) -> None:
    """Without a hub (the coordinator) and on virtual time nothing is patched."""
    assert not install()
    set_hub(VirtualHub())
    try:
        assert not prepare(b"import requests", tmp_path)
    finally:
        set_hub(None)


def test_calls_in_threads_need_no_patches() -> None:
    """`swell.blocking` runs in a thread in any fiber, and is a plain call outside and on virtual time."""
    import swell

    idents: list[int] = []
    loop = asyncio.new_event_loop()

    async def live() -> None:
        hub = LoopHub(loop)
        set_hub(hub)
        ended = loop.create_future()
        hub.spawn(lambda: ended.set_result(swell.blocking(threading.get_ident)))
        idents.append(await ended)

    try:
        loop.run_until_complete(live())
        virtual = VirtualHub()
        set_hub(virtual)
        virtual.spawn(lambda: idents.append(swell.blocking(threading.get_ident)))
        virtual.run()
    finally:
        set_hub(None)
        loop.close()
    idents.append(swell.blocking(threading.get_ident))
    me = threading.get_ident()
    assert [ident == me for ident in idents] == [False, True, True]


USER = """
from swell import HttpUser, constant, task

class Visitor(HttpUser):
    wait_time = constant(0.05)

    @task
    def look(self):
        pass
"""


def _swell(folder: Path, host: str) -> subprocess.CompletedProcess[str]:
    """One user of the folder's loadtest.py for a second."""
    return subprocess.run(
        [sys.executable, "-m", "swell", "run", "loadtest.py", "--host", host, "-u", "1", "-t", "1s"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


REPORT = """
import atexit, sys
def report():
    patched = sys.modules["selectors"].DefaultSelector.__name__ == "GeventSelector"
    print("LOADED", "gevent" in sys.modules, patched, flush=True)
"""


@pytest.mark.parametrize(
    ("imports", "late", "cooperative"),
    [
        ("", "0", False),
        ("import time, json", "0", False),
        ("import helper", "0", True),
        ("import requests", "0", True),
        ("", "__import__('xmlrpc.client')", True),
    ],
)
def test_in_a_worker_process(imports: str, late: str, cooperative: bool, tmp_path: Path) -> None:
    """A plain test file loads neither gevent nor patches in its worker; one that uses sockets does, also if a module
    is imported while users run.
    """
    (tmp_path / "helper.py").write_text("import socket\n")
    (tmp_path / "loadtest.py").write_text(
        imports
        + REPORT
        + USER.replace("pass", f"global told\n        if not told:\n            told = True; {late}; report()")
        + "\ntold = False\n"
    )
    ended = _swell(tmp_path, "http://127.0.0.1:9")
    assert f"LOADED {cooperative} {cooperative}" in ended.stdout + ended.stderr, ended.stdout + ended.stderr


def test_swell_keeps_the_real_sockets(slow: str, tmp_path: Path) -> None:
    """Modules of asyncio and of Swell's client, also those that are loaded late, see none of the patches."""
    (tmp_path / "loadtest.py").write_text(
        textwrap.dedent(
            """
            import socket, sys
            from swell import HttpUser, task

            class Visitor(HttpUser):
                @task
                def look(self):
                    self.client.get("/")
                    names = ("asyncio.base_events", "swell.http.resolver", "swell.http.connector")
                    print("REAL", [sys.modules[name].socket is not socket for name in names], flush=True)
            """
        )
    )
    ended = _swell(tmp_path, slow)
    assert "REAL [True, True, True]" in ended.stdout + ended.stderr, ended.stdout + ended.stderr


def test_users_of_a_worker(slow: str, tmp_path: Path) -> None:
    """In a real run, thirty users that use requests and gevent themselves all get their slow answers side by side."""
    (tmp_path / "loadtest.py").write_text(
        textwrap.dedent(
            """
            import os, threading, time
            import gevent, requests
            from swell import HttpUser, Counter, constant, task

            overlap = Counter("overlap")
            inside = 0
            # Code at module level waits too.
            assert requests.get(os.environ["TARGET"] + "/?wait=0.1").status_code == 200

            class Visitor(HttpUser):
                wait_time = constant(0.01)

                def on_start(self):
                    self.session = requests.Session()

                @task
                def both(self):
                    global inside
                    inside += 1
                    if inside > 10:
                        overlap.add(1)
                    assert self.session.get(os.environ["TARGET"] + "/?wait=0.5").status_code == 200
                    inside -= 1
                    gevent.joinall([gevent.spawn(self.client.get, "/own") for _ in range(3)], raise_error=True)
            """
        )
    )
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "swell",
            "run",
            "loadtest.py",
            "--host",
            slow,
            "-u",
            "30",
            "-t",
            "3s",
            "--json",
            "s.json",
        ],
        cwd=tmp_path,
        env={**os.environ, "TARGET": slow},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    summary = json.loads((tmp_path / "s.json").read_text())
    assert summary["metrics"]["overlap"]["values"]["count"] > 0
    assert summary["metrics"]["http_reqs"]["values"]["count"] >= 3
    assert not summary["errors"]


def test_who_imports_late_waits_as_long_as_it_asks(tmp_path: Path) -> None:
    """The fiber whose import called for gevent is woken by what it waits for, not by gevent's turns."""
    late = (
        "__import__('xmlrpc.client'); import time; begun = time.monotonic(); time.sleep(0.6); "
        "print('SLEPT', time.monotonic() - begun >= 0.6, flush=True)"
    )
    (tmp_path / "loadtest.py").write_text(
        USER.replace("pass", f"global told\n        if not told:\n            told = True; {late}") + "\ntold = False\n"
    )
    ended = _swell(tmp_path, "http://127.0.0.1:9")
    assert "SLEPT True" in ended.stdout + ended.stderr, ended.stdout + ended.stderr
