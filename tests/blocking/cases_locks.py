"""Cases of locks, queues and thread locals; each runs in a fiber of a child process."""

from __future__ import annotations

import queue
import threading
import time
from typing import Any

from swell.engine.script import UserKilled
from tests.blocking.inside import Crowd, Stage


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


def thread_locals(stage: Stage) -> list[Any]:
    """A thread local is each user's own."""
    local = threading.local()

    def user(number: int) -> int:
        local.number = number
        time.sleep(0.01)
        return local.number

    return stage.together([lambda n=n: user(n) for n in range(5)])
