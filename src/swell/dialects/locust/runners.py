"""Locust's runners (the module `locust.runners`): how test code sees and steers the users of a run.

Rules: facades over Swell's worker; nothing here starts a user itself. One process: LocalRunner. Several: WorkerRunner
in each of them, MasterRunner in the process that conducts them. What is asked of a runner before the load begins is
done when it begins.
"""

from __future__ import annotations

import json
import logging
import math
import socket
import traceback
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from swell.dialects.locust.messages import Message
from swell.dialects.locust.worker_nodes import (
    STATE_CLEANUP,
    STATE_INIT,
    STATE_MISSING,
    STATE_RUNNING,
    STATE_SPAWNING,
    STATE_STOPPED,
    STATE_STOPPING,
    WorkerNode,
    WorkerNodes,
)
from swell.model.mix import places_in
from swell.model.plan import Share
from swell.model.slices import slice_count
from swell.runtime.fiber import current_fiber, in_fiber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from swell.dialects.locust.env import Environment
    from swell.dialects.locust.users import User

__all__ = [
    "STATE_CLEANUP",
    "STATE_INIT",
    "STATE_MISSING",
    "STATE_RUNNING",
    "STATE_SPAWNING",
    "STATE_STOPPED",
    "STATE_STOPPING",
    "WORKLOAD",
    "DistributedRunner",
    "LocalRunner",
    "MasterRunner",
    "Runner",
    "WorkerNode",
    "WorkerNodes",
    "WorkerRunner",
]

WORKER_REPORT_INTERVAL = 3.0
CPU_MONITOR_INTERVAL = 5.0
CPU_WARNING_THRESHOLD = 90
HEARTBEAT_INTERVAL = 1
HEARTBEAT_LIVENESS = 3
HEARTBEAT_DEAD_INTERNAL = -60
MASTER_HEARTBEAT_TIMEOUT = 60
FALLBACK_INTERVAL = 5
CONNECT_TIMEOUT = 5
CONNECT_RETRY_COUNT = 60

WORKLOAD = "locust"
"""The one workload of a locustfile's plan."""

_log = logging.getLogger("locust.runners")
_BEAT = 0.02


class Runner:
    """What all runners have. `control` (set by the program): what the worker offers; `end`: ends the test."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.state = STATE_INIT
        self.target_user_count = 0
        self.target_user_classes_count: dict[str, int] = {}
        self.final_user_classes_count: dict[str, int] = {}
        self.exceptions: dict[int, dict[str, Any]] = {}
        self.custom_messages: dict[str, tuple[Callable[..., Any], bool]] = {}
        self.current_cpu_usage = 0.0
        self.current_memory_usage = 0
        self.cpu_warning_emitted = False
        self.connection_broken = False
        self.shape_greenlet: Any = None
        self.shape_last_tick: Any = None
        self.spawning_greenlet: Any = None
        self.worker_index = 0
        self.worker_count = 1
        self.client_id = f"{socket.gethostname()}_{uuid4().hex}"
        self.user_greenlets = _Greenlets(self)
        self.greenlet = _Greenlets(self)
        self.control: Any = None
        self.workload = WORKLOAD
        self.end: Callable[[str], None] | None = None

    @property
    def user_classes(self) -> list[type[User]]:
        """The user classes of this run."""
        return self.environment.user_classes

    @property
    def user_classes_by_name(self) -> dict[str, type[User]]:
        """As `user_classes`, by name."""
        return self.environment.user_classes_by_name

    @property
    def stats(self) -> Any:
        """The statistics of this process."""
        return self.environment.stats

    @property
    def errors(self) -> Any:
        """The failures of this process."""
        return self.stats.errors

    @property
    def users(self) -> Any:
        """The engine's users that live now."""
        return () if self.control is None else self.control.users(self.workload)

    @property
    def user_count(self) -> int:
        """Users running now."""
        return len(self.users)

    @property
    def user_classes_count(self) -> dict[str, int]:
        """Users running now, by class."""
        found = {cls.__name__: 0 for cls in self.user_classes}
        for user in list(self.users):
            found[user.behaviour] = found.get(user.behaviour, 0) + 1
        return found

    @property
    def reachable_user_count(self) -> int:
        """`target_user_count`, or the sum of the fixed counts if that is less and no class has a weight instead."""
        places = places_in(shares(self.user_classes))
        return self.target_user_count if places is None else min(self.target_user_count, places)

    def update_state(self, new_state: str) -> None:
        """Set the state."""
        self.state = new_state

    def cpu_log_warning(self) -> bool:
        """Whether the generator was too busy at some time."""
        return self.cpu_warning_emitted

    def start(
        self, user_count: int, spawn_rate: float, wait: bool = False, user_classes: Iterable[type[User]] | None = None
    ) -> None:
        """Ramp up or down to `user_count` users, from now on; `wait` is ignored: the engine never blocks."""
        del wait
        if spawn_rate <= 0 or not math.isfinite(spawn_rate) or user_count < 0:
            raise ValueError(f"users must be 0 or more and the spawn rate above 0, not {user_count} and {spawn_rate}")
        self.announce(user_count, spawn_rate)
        if user_classes is not None:
            self.control.remix(self.workload, shares(user_classes))
        self.control.steer(self.workload, int(user_count), float(spawn_rate))

    def announce(self, user_count: int, spawn_rate: float) -> None:
        """Say where the ramp goes."""
        self.target_user_count = int(user_count)
        self.state = STATE_SPAWNING
        if spawn_rate > 100:
            _log.warning("Your selected spawn rate is very high (>100). Do you really need to ramp up that fast?")
        _log.info("Ramping to %d users at a rate of %.2f per second", user_count, spawn_rate)

    def spawn_users(self, user_classes_spawn_count: Mapping[str, int], wait: bool = False) -> list[Any]:
        """Start so many users of these classes at once, beside those that run, and give them back.

        Nothing else changes: the next ramp counts them as its own. `wait`: until no user runs.
        """
        names = [
            self.user_classes_by_name[name].__name__ for name, n in user_classes_spawn_count.items() for _ in range(n)
        ]
        if self.control is None or not names:
            return []
        known = set(self.users)
        self.control.add_users(self.workload, names)
        context = self.environment.context
        if context is None or not in_fiber():
            return []
        context.hub.sleep(0)  # they come in the hub's next turn, and start some at a time
        users = sorted(set(self.users) - known, key=_number)
        while any(user.script is None and not user.ended for user in users):
            context.hub.sleep(0)
        scripts: list[Any] = [user.script for user in users]
        if wait:
            self.user_greenlets.join()
        return [script.instance for script in scripts if script is not None]

    def stop_users(self, user_classes_stop_count: Mapping[str, int]) -> None:
        """End so many users of these classes and wait for them; they are not replaced."""
        ending: set[Any] = set()
        for name, count in user_classes_stop_count.items():
            ending.update([user for user in self.users if user.behaviour == name][:count])
        for user in ending:
            user.hub.call_soon(user.request_stop, self.environment.stop_timeout)
        if self.environment.context is not None and in_fiber():
            ending.discard(current_fiber().user)
            while not ending.isdisjoint(self.users):
                self.environment.context.hub.sleep(_BEAT)

    def start_shape(self) -> None:
        """The shape of a file runs by itself."""
        _log.info("There is an ongoing shape test running. Editing is disabled")

    def stop(self) -> None:
        """End the test: all users, on all nodes."""
        self._end("the test called runner.stop()")

    def quit(self) -> None:
        """End the test and the process."""
        self._end("the test called runner.quit()")

    def _end(self, reason: str) -> None:
        if self.state not in {STATE_STOPPED, STATE_STOPPING, STATE_CLEANUP} and self.end is not None:
            self.end(reason)

    def log_exception(self, node_id: str, msg: str, formatted_tb: str) -> None:
        """Count an exception of user code, grouped by its traceback."""
        row = self.exceptions.setdefault(
            hash(formatted_tb), {"count": 0, "msg": msg, "traceback": formatted_tb, "nodes": set()}
        )
        row["count"] += 1
        row["nodes"].add(node_id)

    def register_message(self, msg_type: str, listener: Callable[..., Any], concurrent: bool = False) -> None:
        """Call `listener(environment, msg)` for messages of this type."""
        if msg_type in self.custom_messages:
            raise Exception(  # noqa: TRY002 - what Locust raises
                f"Tried to register listener method for {msg_type}, but it already had a listener!"
            )
        self.custom_messages[msg_type] = (listener, concurrent)

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        """Send a message to the other nodes."""
        raise NotImplementedError

    def deliver(self, message: Message) -> None:
        """A message has come: call its listener. An error in it is logged."""
        found = self.custom_messages.get(message.type)
        if found is None:
            _log.warning("Unknown message type received: %s", message.type)
            return
        listener, concurrent = found
        try:
            if concurrent:
                listener(environment=self.environment, msg=message)
            else:
                listener(environment=self.environment, msg=message)
        except Exception:
            _log.error("Uncaught exception in message handler: \n%s", traceback.format_exc())


def shares(classes: Iterable[type[User]]) -> tuple[Share, ...]:
    """How users are dealt out among these classes: sorted by name, as in Locust."""
    ordered = sorted(classes, key=lambda cls: cls.__name__)
    return tuple(Share(cls.__name__, float(cls.weight), cls.fixed_count) for cls in ordered)


def counts_text(counts: Mapping[str, int]) -> str:
    """User counts as Locust logs them."""
    return f"{json.dumps(dict(sorted(counts.items())))} ({sum(counts.values())} total users)"


class LocalRunner(Runner):
    """The runner of a test in one worker process."""

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        """There is one node only: call the listener here."""
        del client_id
        if msg_type in self.custom_messages:
            listener, _ = self.custom_messages[msg_type]
            listener(environment=self.environment, msg=Message(msg_type, data, "local"))
        else:
            _log.warning("Unknown message type received: %s", msg_type)


class DistributedRunner(Runner):
    """What the runners of several processes have in common."""


class WorkerRunner(DistributedRunner):
    """The runner in one of several worker processes. `post` reaches the master."""

    post: Callable[[Any], None]

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        """Send a message to the master."""
        del client_id
        self.post(("message", msg_type, data, self.client_id))


class MasterRunner(DistributedRunner):
    """The runner in the process that conducts several workers. `send_to(index, value)` reaches one of them."""

    send_to: Callable[[int, Any], None]

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.clients = WorkerNodes()
        self.shares_of = 1
        self.worker_index = -1
        self.worker_count = 0

    @property
    def user_count(self) -> int:
        """Users running on all workers."""
        return sum(node.user_count for node in self.clients.values())

    @property
    def reported_user_classes_count(self) -> dict[str, int]:
        """Users running on all workers, by class."""
        found = {cls.__name__: 0 for cls in self.user_classes}
        for node in self.clients.values():
            for name, count in node.user_classes_count.items():
                found[name] = found.get(name, 0) + count
        return found

    @property
    def user_classes_count(self) -> dict[str, int]:
        """As `reported_user_classes_count`."""
        return self.reported_user_classes_count

    def start(
        self, user_count: int, spawn_rate: float, wait: bool = False, user_classes: Iterable[type[User]] | None = None
    ) -> None:
        """As `Runner.start`, over all workers."""
        del wait
        self.announce(user_count, spawn_rate)
        if user_classes is not None:
            self.send_to_all(("remix", [cls.__name__ for cls in user_classes], None, None))
        for index in range(self.shares_of):
            users = slice_count(int(user_count), index, self.shares_of)
            self.send_to(index, ("steer", users, float(spawn_rate) / self.shares_of, None))

    def send_to_all(self, value: Any) -> None:
        """Send to the program of every worker."""
        for index in range(self.shares_of):
            self.send_to(index, value)

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        """Send a message to one worker, or to all."""
        for index, name in enumerate(self.clients):
            if client_id is None or client_id == name:
                self.send_to(index, ("message", msg_type, data, "master"))


def _number(user: Any) -> int:
    return user.index


class _Greenlets:
    """What code written for gevent groups asks a runner's group for."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def __len__(self) -> int:
        return len(self._runner.users)

    def __iter__(self) -> Iterator[Any]:
        """The fibers of the users that have one now."""
        return iter([user.fiber for user in self._runner.users if user.fiber is not None])

    def join(self, timeout: float | None = None) -> bool:
        """Wait until no user runs; whether that is so."""
        hub = current_fiber().user.hub
        end = math.inf if timeout is None else hub.time() + timeout
        while len(self) and hub.time() < end:
            hub.sleep(0.1)
        return not len(self)

    def kill(self, *_: Any, **__: Any) -> None:
        """End the test."""
        self._runner.quit()

    def spawn(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a function beside the users."""
        context = self._runner.environment.context
        assert context is not None
        return context.hub.spawn(lambda: function(*args, **kwargs))
