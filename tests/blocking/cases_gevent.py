"""Cases of gevent's own tools and of blocking calls in coroutines; each runs in a fiber of a child process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from swell.runtime.fiber import current_fiber
from tests.blocking.inside import Crowd, Stage, native_wait


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
        told["other thread"] = [across.wait(30), gevent.get_hub().threadpool.apply(native_wait, (0.01,))]
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
