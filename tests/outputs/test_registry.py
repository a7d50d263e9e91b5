"""From what people write after --out to opened outputs."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from swell.outputs.registry import OUTPUTS, host_and_port, make_output, open_outputs
from tests.outputs.conftest import sink


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("nonsense=x", "there is no output 'nonsense'"),
        ("json", "what is missing is json=FILE"),
        ("json=", "what is missing"),
        ("json=/nowhere/at/all.json", "cannot be written"),
        ("influxdb=http://localhost:8086", "name the database"),
        ("influxdb=ftp://u:hunter2@h/x", "is no http:// or https:// address"),
        ("prometheus=localhost", "is no HOST:PORT"),
        ("statsd=localhost:8125?tagz=1", "tagz is unknown"),
        ("otlp=http://127.0.0.1:1", "cannot be reached"),
        ("prometheus-rw=http://u:hunter2@127.0.0.1:1/x", "http://127.0.0.1:1 cannot be reached"),
    ],
)
def test_mistakes_are_told_before_the_load(spec: str, said: str) -> None:
    """One ValueError that says which option and what to do, without secrets."""
    with pytest.raises(ValueError, match="--out ") as caught:
        open_outputs([spec], env={})
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_taken_port_is_told_and_nothing_stays_open(tmp_path: Path) -> None:
    """All outputs open or none does."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ValueError, match="cannot listen"):
            open_outputs([f"json={tmp_path / 'a.json'}", f"prometheus={port}"], env={})


@pytest.mark.parametrize("status", [401, 404])
def test_a_server_that_refuses_is_told_before_the_load(status: int) -> None:
    """A wrong password shows at the start, not after an hour."""
    with sink() as server:
        server.answers = [status]
        with pytest.raises(ValueError, match=f"answered {status}"):
            open_outputs([f"influxdb={server.url}/db"], env={})


def test_addresses() -> None:
    """Hosts and ports in all their forms; loopback unless told otherwise."""
    assert host_and_port("9464") == ("127.0.0.1", 9464)
    assert host_and_port(":9464") == ("127.0.0.1", 9464)
    assert host_and_port("[::1]:80") == ("::1", 80)
    assert host_and_port("metrics", default_port=8125) == ("metrics", 8125)


def test_every_output_has_its_help() -> None:
    """Each name can be made, and its line of help begins with it."""
    for name, text in OUTPUTS.items():
        assert text.startswith(f"{name}=")
        with pytest.raises(ValueError, match=f"--out {name}"):
            make_output(name, {})
