"""`locust.contrib` for other protocols: one locustfile on the real Locust and on Swell, against one server."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.locust.conftest import FILES, LOCUST, SWELL, Ran, needs_locust, run
from tests.locust_contrib import servers

OWN = FILES / "contrib"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def missing(*libraries: str) -> bool:
    return any(importlib.util.find_spec(name) is None for name in libraries)


def compared(ran: Ran) -> list[dict[str, Any]]:
    """The requests, in an order of their own: callbacks come when they come."""
    return sorted((event for event in ran.trace if event["event"] in {"seen", "heard"}), key=repr)


def same(case: str, folder: Path, **env: str) -> list[dict[str, Any]]:
    """Both tools agree; what they say."""
    path = OWN / f"{case}.py"
    ours, theirs = (run(tool, path, folder / name, env=env) for tool, name in ((SWELL, "swell"), (LOCUST, "locust")))
    shown = f"{ours.stderr[-3000:]}\n--- locust:\n{theirs.stderr[-3000:]}"
    assert compared(ours) == compared(theirs), shown
    assert ours.statistics == theirs.statistics, shown
    assert ours.code == theirs.code, shown
    return [event for event in compared(ours) if event["event"] == "seen"]


@needs_locust
@pytest.mark.skipif(missing("psycopg"), reason="needs psycopg")
def test_postgres(tmp_path: Path, postgres_url: str) -> None:
    """Queries that succeed and fail, under Locust's two types; one user's slow query stalls nobody else."""
    found = same("postgres_users", tmp_path, DSN=postgres_url)
    assert [each["type"] for each in found].count("postgres_success") == 6


@needs_locust
@pytest.mark.skipif(missing("pymongo"), reason="needs pymongo")
def test_mongodb(tmp_path: Path, stack: ExitStack) -> None:
    """A query, and one that the server refuses."""
    port = stack.enter_context(servers.listening(servers.mongo))
    found = same("mongodb_users", tmp_path, DSN=f"mongodb://127.0.0.1:{port}/?directConnection=true")
    assert [each["exception"] is None for each in found].count(True) == 1


@needs_locust
@pytest.mark.skipif(missing("dns"), reason="needs dnspython")
def test_dns(tmp_path: Path, stack: ExitStack) -> None:
    """Answers, answers without records, time-outs, and names of one's own."""
    found = same("dns_users", tmp_path, PORT=str(stack.enter_context(servers.name_server())))
    assert {each["name"] for each in found} == {"udp", "my lookup"}


@needs_locust
@pytest.mark.skipif(missing("socketio", "werkzeug", "simple_websocket"), reason="needs python-socketio[client]")
@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_socketio(tmp_path: Path, stack: ExitStack, transport: str) -> None:
    """Connecting, sending, calling and receiving over both transports."""
    port = stack.enter_context(servers.socket_io())
    found = same("socketio_users", tmp_path, PORT=str(port), TRANSPORT=transport)
    assert {each["type"] for each in found} == {"WS", "WSE", "WSC", "WSS", "WSR"}


@needs_locust
@pytest.mark.skipif(missing("paho"), reason="needs paho-mqtt")
def test_mqtt(tmp_path: Path, stack: ExitStack) -> None:
    """Connecting, publishing with and without confirmation, subscribing, a refused subscription, disconnecting."""
    port = stack.enter_context(servers.listening(servers.mqtt))
    import paho

    found = same("mqtt_users", tmp_path, PORT=str(port), PYTHONPATH=f"{FILES}:{Path(paho.__path__[0]).parent}")
    names = {"connect", "publish:0:a/b", "publish:1:a/b", "subscribe:0:a/b", "subscribe:0:forbidden", "disconnect"}
    assert {each["name"] for each in found} == names
