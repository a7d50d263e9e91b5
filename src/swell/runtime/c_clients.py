"""Clients that wait in C, made to wait in gevent by the hooks that they have for it.

Rules: called once, right after the client was imported. A client without such a hook stalls its worker while it waits;
`threads.blocking` is the way out then.
"""

from __future__ import annotations

import importlib
from typing import Any

from gevent.socket import wait_read, wait_write

__all__ = ["cooperate_grpc", "cooperate_psycopg2"]


def cooperate_grpc(_: Any) -> None:
    """Turn on grpc's mode for gevent. Channels that exist already do not change."""
    importlib.import_module("grpc.experimental.gevent").init_gevent()


def cooperate_psycopg2(module: Any) -> None:
    """Set psycopg2's hook that is called whenever it would wait."""
    extensions: Any = importlib.import_module("psycopg2.extensions")

    def wait(connection: Any, timeout: float | None = None) -> None:
        while True:
            state = connection.poll()
            if state == extensions.POLL_OK:
                return
            if state == extensions.POLL_READ:
                wait_read(connection.fileno(), timeout)
            elif state == extensions.POLL_WRITE:
                wait_write(connection.fileno(), timeout)
            else:
                raise module.OperationalError(f"psycopg2 is in an unknown state: {state!r}")

    extensions.set_wait_callback(wait)
