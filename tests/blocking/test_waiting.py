"""Locks, queues, threads, child processes and gevent's own tools in user code stall their own user only."""

from __future__ import annotations

from tests.blocking import cases_gevent, cases_locks, cases_threads
from tests.blocking.conftest import Run


def test_locks(run: Run) -> None:
    """Lock, RLock, Event, Semaphore, Condition and Barrier between users, with their time limits and errors."""
    told = run(cases_locks.locks)
    assert told["first"] == "holder"
    assert told["order"] == ["holder", "lock", "rlock"]
    assert told["event"] is True
    assert told["event late"] is False
    assert told["lock late"] == [False, False]
    assert told["semaphore"] == 3
    assert told["condition"] == ["item", None]
    assert told["barrier"] == [0, 1, 2, 3, 4]
    assert told["not owned"] == "RuntimeError: cannot release un-acquired lock"


def test_killed_while_waiting_for_a_lock(run: Run) -> None:
    """The one that was killed passes on what woke it."""
    told = run(cases_locks.killed_waiter)
    assert told["told"] == ["killed", "patient"]
    assert told["locked"] is False


def test_queues(run: Run) -> None:
    """Every kind of queue waits for another user's put, and a full one for a get."""
    assert run(cases_locks.queues) == ["x", "x", "x", "x", 1, "empty"]


def test_threads(run: Run) -> None:
    """Threads and executors are OS threads; waiting for them stalls one user."""
    assert run(cases_threads.threads) == {
        "got": "from a thread",
        "other thread": True,
        "alive": False,
        "results": ["thread"] * 8,
        "mapped": [0, 2, 4],
        "others went on": True,
    }


def test_sockets_in_threads(run_once: Run, slow: str) -> None:
    """OS threads use the patched sockets as ever; nothing stays open when they end."""
    told = run_once(cases_threads.threads_with_sockets, url=slow)
    assert told["first"] == [200]
    assert told["growth"] <= 10


def test_threads_as_fibers(run: Run, slow: str) -> None:
    """Where all threads of users are fibers, they use the user's client; `blocking` still has real threads."""
    told = run(cases_threads.threads_as_fibers, url=slow, threads_as_fibers=True)
    assert told["told"] == [["Ann", 200, True]] * 3
    assert told["alive"] == [[True] * 3, [False] * 3]
    assert told["statuses"] == [200] * 10
    assert told["timer"] is True
    assert told["native"] == "thread"


def test_calls_in_threads(run: Run) -> None:
    """`blocking` gives results and exceptions, runs many at once, and lets go of a user that is killed."""
    told = run(cases_threads.in_threads)
    assert told["results"] == ["ValueError: invalid literal for int() with base 10: 'no number'", "thread"]
    assert told["most"] == 20
    assert told["told"] == ["killed"]
    assert told["keyword"] == 3


def test_child_processes(run: Run) -> None:
    """The subprocess module as ever: input, output by lines, talk, time limits, exit codes; four wait at once."""
    told = run(cases_threads.processes)
    assert told["run"] == [[3, "TEXT"]] * 4
    assert told["most"] == 4
    assert told["others"] == [["0", "1", "2"], "hello\n", "TimeoutExpired", 1_000_001, 2]
    assert told["popen"] == "popen\n"
    assert told["check"] == "CalledProcessError"


def test_gevent_idioms(run: Run, slow: str) -> None:
    """spawn, joinall, pools, events, queues, semaphores, time limits and kill work inside tasks."""
    assert run(cases_gevent.gevent_idioms, url=slow) == {
        "values": [0, 2, 4, 6, 8],
        "pool": [0, 2, 4, 6, 8, 10],
        "most": 5,
        "imap": [0, 2, 4],
        "event": [True, "result", "item"],
        "semaphore": 2,
        "other thread": [True, "thread"],
        "timeout": "timeout",
        "timeout in sleep": "timeout",
        "killed": True,
        "successful": True,
    }


def test_greenlets_are_the_user_s(run: Run, slow: str) -> None:
    """Greenlets that a task starts, in whatever way, carry its user and tags; gevent.Timeout ends a Swell request."""
    told = run(cases_gevent.inherits, url=slow)
    assert told["told"] == [["ann200"] * 8 + ["ann"], ["bob200"] * 8 + ["bob"]]
    assert told["tags"] == {"ann": 8, "bob": 8}
    assert told["limited"] == "timeout, then 200"


def test_in_coroutines(run: Run, slow: str) -> None:
    """Blocking calls in async tasks."""
    assert run(cases_gevent.in_coroutines, url=slow) == [[200] * 10, 10]


def test_thread_locals(run: Run) -> None:
    """threading.local belongs to the user, as if each had a thread."""
    assert run(cases_locks.thread_locals) == [0, 1, 2, 3, 4]
