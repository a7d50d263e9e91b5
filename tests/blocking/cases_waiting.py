"""Cases of locks, queues, threads, child processes and gevent's own tools; each runs in a fiber of a child process."""

from __future__ import annotations

import concurrent.futures
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from swell.engine.script import UserKilled
from swell.runtime.fiber import current_fiber, in_fiber
from swell.runtime.threads import blocking
from tests.blocking.inside import Crowd, Stage, open_files


def locks(stage: Stage) -> dict[str, Any]:
    """Each ends only if the other fiber runs while one waits."""
    lock, recursive, event = threading.Lock(), threading.RLock(), threading.Event()
    told: list[str] = []

    def holder() -> None:
        with lock, recursive, recursive:
            time.sleep(0.05)
            told.append("holder")

    def waiter() -> None:
        with lock:
            told.append("lock")

    def other() -> None:
        with recursive:
            told.append("rlock")

    stage.together([holder, waiter, other])
    waits = {
        "event": stage.together([lambda: event.wait(30), event.set])[0],
        "event late": threading.Event().wait(0.01),
        "lock late": (lock.acquire(), lock.acquire(timeout=0.01), lock.acquire(False), lock.release())[1:3],
        "semaphore": _semaphore(stage),
        "condition": _condition(stage),
        "barrier": sorted(stage.together([threading.Barrier(5).wait] * 5)),
        "not owned": stage.together([recursive.acquire, recursive.release])[1],
    }
    return {"order": sorted(told), "first": told[0], **waits}


def _semaphore(stage: Stage) -> int:
    semaphore, crowd = threading.BoundedSemaphore(3), Crowd()

    def user() -> None:
        with semaphore, crowd:
            time.sleep(0.01)

    stage.together([user] * 20)
    return crowd.most


def _condition(stage: Stage) -> list[Any]:
    condition, items = threading.Condition(), []

    def take() -> Any:
        with condition:
            condition.wait_for(lambda: items, 30)
            return items.pop()

    def give() -> None:
        with condition:
            items.append("item")
            condition.notify()

    return stage.together([take, give])


def killed_waiter(stage: Stage) -> dict[str, Any]:
    """A user that is killed while it waits for a lock neither gets it nor keeps others from it."""
    lock = threading.Lock()
    told: list[str] = []

    def doomed() -> None:
        try:
            with lock:
                told.append("got it")
        except UserKilled:
            told.append("killed")

    def patient() -> None:
        with lock:
            told.append("patient")

    lock.acquire()
    fiber = stage.start(doomed)
    stage.start(patient)
    time.sleep(0.05)
    # Killed and notified in one turn, before it could run: what woke it is the next one's.
    stage.hub.call_soon(fiber.throw, UserKilled())
    lock.release()
    deadline = time.monotonic() + 20
    while "patient" not in told and time.monotonic() < deadline:
        time.sleep(0.01)
    return {"told": sorted(told), "locked": lock.locked()}


def queues(stage: Stage) -> list[Any]:
    told: list[Any] = []
    for kind in (queue.Queue, queue.LifoQueue, queue.PriorityQueue, queue.SimpleQueue):
        made: Any = kind()
        told.append(stage.together([lambda made=made: made.get(timeout=30), lambda made=made: made.put("x")])[0])
    full: queue.Queue[int] = queue.Queue(1)
    full.put(1)
    told.append(stage.together([lambda: full.put(2, timeout=30), full.get])[1])
    try:
        queue.SimpleQueue[int]().get(timeout=0.01)
    except queue.Empty:
        told.append("empty")
    return told


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
        futures = [pool.submit(_native_wait, 0.1) for _ in range(8)]
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


def _native_wait(seconds: float) -> str:
    """A wait that no patch reaches."""
    import ctypes

    ctypes.CDLL(None).usleep(int(seconds * 1e6))
    return "fiber" if in_fiber() else "thread"


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
        "native": blocking(_native_wait, 0.01),
    }


def in_threads(stage: Stage) -> dict[str, Any]:
    """`blocking`: results, exceptions, many at once, a kill."""
    crowd = Crowd()

    def user() -> str:
        with crowd:
            return blocking(_native_wait, 0.1)

    def fails() -> None:
        blocking(int, "no number")

    told: list[str] = []

    def doomed() -> None:
        try:
            blocking(_native_wait, 0.3)
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


def gevent_idioms(stage: Stage, url: str) -> dict[str, Any]:
    """What files do with gevent in tasks."""
    import gevent
    from gevent.event import AsyncResult, Event
    from gevent.lock import BoundedSemaphore, Semaphore
    from gevent.pool import Group, Pool
    from gevent.queue import Queue

    def task() -> dict[str, Any]:
        crowd = Crowd()

        def part(number: int) -> int:
            with crowd:
                gevent.sleep(0.05)
                time.sleep(0.01)
            return number * 2

        def fails() -> None:
            raise ValueError("on purpose")

        told: dict[str, Any] = {}
        jobs = [gevent.spawn(part, n) for n in range(5)]
        gevent.joinall(jobs)
        told["values"] = [job.value for job in jobs]
        told["pool"] = Pool(3).map(part, range(6))
        told["most"] = crowd.most
        group = Group()
        told["imap"] = sorted(group.imap_unordered(part, range(3)))
        event, result, inbox = Event(), AsyncResult(), Queue()
        gevent.spawn_later(0.02, event.set)
        gevent.spawn(lambda: result.set("result"))
        gevent.spawn(lambda: inbox.put("item"))
        told["event"] = [event.wait(30), result.get(timeout=30), inbox.get(timeout=30)]
        inside = Crowd()

        def limited(lock: Any) -> None:
            with lock, inside:
                gevent.sleep(0.01)

        for lock in (Semaphore(2), BoundedSemaphore(2)):
            gevent.joinall([gevent.spawn(limited, lock) for _ in range(6)])
        told["semaphore"] = inside.most
        across = Event()
        threading.Thread(target=across.set).start()
        told["other thread"] = [across.wait(30), gevent.get_hub().threadpool.apply(_native_wait, (0.01,))]
        told["timeout"] = _timeout(lambda: gevent.sleep(30))
        told["timeout in sleep"] = _timeout(lambda: time.sleep(30))
        job = gevent.spawn(gevent.sleep, 30)
        gevent.sleep(0)
        job.kill()
        told["killed"] = job.dead
        failing = gevent.spawn(lambda: None)
        failing.join()
        told["successful"] = failing.successful()
        return told

    return stage.together([task, task])[0]


def _timeout(wait: Callable[[], Any]) -> str:
    import gevent

    try:
        with gevent.Timeout(0.05):
            wait()
    except gevent.Timeout:
        return "timeout"
    return "no timeout"


def inherits(stage: Stage, url: str) -> dict[str, Any]:
    """Greenlets of a user's own use the user's client and carry its tags; time limits of gevent reach into Swell."""
    import gevent
    from gevent.hub import spawn_raw
    from gevent.pool import Pool
    from greenlet import greenlet

    session = stage.session()

    def user(name: str) -> list[Any]:
        me = current_fiber()
        me.user = name
        me.tags = me.tags.with_tags(task=name)

        def get(_: int) -> str:
            return current_fiber().user + str(session.get(f"{url}/{name}?wait=0.02").status_code)

        def nested() -> str:
            return gevent.spawn(get, 0).get()

        class Special(gevent.Greenlet):
            pass

        values = Pool(5).map(get, range(5))
        values.append(gevent.spawn(nested).get())
        special = Special(get, 0)
        special.start()
        values.append(special.get())
        done: list[str] = []
        spawn_raw(lambda: done.append(get(0)))
        while not done:
            time.sleep(0.01)
        # A plain greenlet is a part of the fiber in which it runs, so it cannot wait on its own; it can tell who it is.
        plain = greenlet(lambda: current_fiber().user)
        return [*values, *done, plain.switch()]

    told = stage.together([lambda: user("ann"), lambda: user("bob")])
    tags = [request.get("task", "none") for request in stage.ledger.requests]

    def limited() -> str:
        with gevent.Timeout(0.1, False):
            session.get(f"{url}/?wait=5")
            return "no timeout"
        return f"timeout, then {session.get(url).status_code}"

    return {"told": told, "tags": {name: tags.count(name) for name in sorted(set(tags))}, "limited": limited()}


def in_coroutines(stage: Stage, url: str) -> list[Any]:
    """Blocking calls inside `async def` code stall that code only; awaiting works before and after."""
    import asyncio

    import gevent
    import requests

    from swell.runtime.async_fiber import run_async

    crowd, lock = Crowd(), threading.Lock()

    async def code() -> int:
        await asyncio.sleep(0.01)
        with crowd:
            status = requests.get(f"{url}/?wait=0.2", timeout=30).status_code
        await asyncio.sleep(0.01)
        gevent.sleep(0.01)
        time.sleep(0.01)
        with lock:
            await asyncio.sleep(0.01)
        return status

    return [stage.together([lambda: run_async(stage.hub, code())] * 10), crowd.most]


def thread_locals(stage: Stage) -> list[Any]:
    """A thread local is each user's own."""
    local = threading.local()

    def user(number: int) -> int:
        local.number = number
        time.sleep(0.01)
        return local.number

    return stage.together([lambda n=n: user(n) for n in range(5)])
