"""Cases of threads and child processes; each runs in a fiber of a child process."""

from __future__ import annotations

import concurrent.futures
import os
import queue
import subprocess
import sys
import threading
import time
from typing import Any

from swell.engine.script import UserKilled
from swell.runtime.fiber import current_fiber, in_fiber
from swell.runtime.threads import blocking
from tests.blocking.inside import Crowd, Stage, native_wait, open_files


def threads(stage: Stage) -> dict[str, Any]:
    """OS threads work as before, and fibers wait for them without stalling others."""
    progress: list[int] = []
    alive = True

    def ticking() -> None:
        while alive:
            progress.append(1)
            time.sleep(0.005)

    stage.start(ticking)
    inbox: queue.Queue[str] = queue.Queue()
    idents: set[int] = set()
    gate = threading.Event()

    def work() -> None:
        idents.add(threading.get_ident())
        gate.wait(30)
        inbox.put("from a thread" if not in_fiber() else "from a fiber")

    thread = threading.Thread(target=work)
    thread.start()
    stage.hub.call_soon(gate.set)
    got = inbox.get(timeout=30)
    thread.join()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(native_wait, 0.1) for _ in range(8)]
        before = len(progress)
        results = [future.result(timeout=30) for future in concurrent.futures.as_completed(futures)]
        mapped = list(pool.map(lambda n: n * 2, range(3)))
    alive = False
    return {
        "got": got,
        "other thread": threading.get_ident() not in idents,
        "alive": thread.is_alive(),
        "results": results,
        "mapped": mapped,
        "others went on": len(progress) > before,
    }


def threads_with_sockets(stage: Stage, url: str) -> dict[str, Any]:
    """Patched sockets in OS threads block their thread only, and leave no descriptors behind."""
    import requests

    def many() -> list[int]:
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            return list(pool.map(lambda _: requests.get(f"{url}/?wait=0.05", timeout=30).status_code, range(20)))

    first = many()
    before = open_files()
    for _ in range(3):
        many()
    import gc

    gc.collect()
    return {"first": sorted(set(first)), "growth": open_files() - before}


def threads_as_fibers(stage: Stage, url: str) -> dict[str, Any]:
    """Threads that a user starts carry the user and its tags, and can use its client."""
    session = stage.session()
    told: list[Any] = []
    current_fiber().user = "Ann"

    class Mine(threading.Thread):
        def run(self) -> None:
            told.append([current_fiber().user, session.get(f"{url}/t").status_code, threading.current_thread() is self])

    mine = [Mine() for _ in range(3)]
    for thread in mine:
        thread.start()
    alive = [thread.is_alive() for thread in mine]
    for thread in mine:
        thread.join()
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        statuses = [response.status_code for response in pool.map(session.get, [f"{url}/p"] * 10)]
    released = threading.Event()
    threading.Timer(0.01, released.set).start()
    return {
        "told": told,
        "alive": [alive, [thread.is_alive() for thread in mine]],
        "statuses": statuses,
        "timer": released.wait(30),
        "native": blocking(native_wait, 0.01),
    }


def in_threads(stage: Stage) -> dict[str, Any]:
    """`blocking`: results, exceptions, many at once, a kill."""
    crowd = Crowd()

    def user() -> str:
        with crowd:
            return blocking(native_wait, 0.1)

    def fails() -> None:
        blocking(int, "no number")

    told: list[str] = []

    def doomed() -> None:
        try:
            blocking(native_wait, 0.3)
        except UserKilled:
            told.append("killed")

    fiber = stage.start(doomed)
    time.sleep(0.05)
    stage.hub.call_soon(fiber.throw, UserKilled())
    results = stage.together([*[user] * 20, fails])
    time.sleep(0.4)  # the call of the killed one ends, to nobody's surprise
    return {"results": sorted(set(results)), "most": crowd.most, "told": told, "keyword": blocking(int, "11", base=2)}


def processes(stage: Stage) -> dict[str, Any]:
    """Children whose end and whose output other fibers do not wait for."""
    python = sys.executable
    slow = "import sys, time; time.sleep(0.3); print(sys.stdin.read().upper(), end=''); sys.exit(3)"
    crowd = Crowd()

    def run() -> list[Any]:
        with crowd:
            ended = subprocess.run(
                [python, "-c", slow], input="text", capture_output=True, text=True, timeout=60, check=False
            )
        return [ended.returncode, ended.stdout]

    def lines() -> list[str]:
        code = "import time\nfor n in range(3): print(n, flush=True); time.sleep(0.05)"
        with subprocess.Popen([python, "-c", code], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            return [line.strip() for line in child.stdout]

    def talks() -> bytes:
        code = (
            "import sys\nwhile line := sys.stdin.buffer.readline(): sys.stdout.buffer.write(line); sys.stdout.flush()"
        )
        child = subprocess.Popen([python, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"hello\n")
        child.stdin.flush()
        answer = child.stdout.readline()
        child.stdin.close()
        child.wait()
        child.stdout.close()
        return answer.decode()

    def late() -> str:
        try:
            subprocess.run(["sleep", "60"], timeout=0.1, check=False)
        except subprocess.TimeoutExpired as error:
            return type(error).__name__
        return "no error"

    def big() -> int:
        return len(subprocess.check_output([python, "-c", "print('x' * 1_000_000)"]))

    told = stage.together([run] * 4)
    return {
        "run": told,
        "most": crowd.most,
        "others": stage.together([lines, talks, late, big, lambda: os.system("exit 2") >> 8]),
        "popen": os.popen("echo popen").read(),
        "check": stage.together([lambda: subprocess.check_call(["false"])])[0].partition(":")[0],
    }
