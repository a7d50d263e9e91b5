"""Cases for `test_signals`: gevent is told by another thread, and nothing else happens."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

from swell.runtime import gevent_guest

if TYPE_CHECKING:
    from tests.blocking.inside import Stage


def look_ups(stage: Stage) -> list[Any]:
    """Name look-ups and a thread pool, without the guest's regular turns."""
    import gevent

    gevent_guest.TICK = 1e6
    stage.hub.sleep(0.3)  # until the turn that was planned before
    found: list[Any] = [socket.getaddrinfo("127.0.0.1", 80, 0, socket.SOCK_STREAM)[0][4][0] for _ in range(20)]
    pool: Any = gevent.get_hub().threadpool
    return [*dict.fromkeys(found), pool.apply(threading.get_native_id) != threading.get_native_id()]
