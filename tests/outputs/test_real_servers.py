"""The outputs against the real Prometheus and InfluxDB, where they are installed."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from swell.outputs.base import OutputError
from swell.outputs.influxdb import InfluxDb
from swell.outputs.prometheus import RemoteWrite
from tests.outputs.conftest import run_through, wait_until

INFLUX = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{directory}/meta"
[data]
  dir = "{directory}/data"
  wal-dir = "{directory}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def get(url: str, data: bytes | None = None) -> Any:
    with urllib.request.urlopen(url, data=data, timeout=10) as answer:
        text = answer.read()
    try:
        return json.loads(text)
    except ValueError:
        return text


def answers(url: str) -> bool:
    try:
        get(url)
    except OSError:
        return False
    return True


@contextmanager
def process(command: list[str], directory: Path, ready: str) -> Iterator[None]:
    """A server while the block lasts, once `ready` answers."""
    with (directory / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_until(lambda: answers(ready), 60)
            yield
        finally:
            server.kill()
            server.wait(10)


@pytest.mark.skipif(shutil.which("prometheus") is None, reason="Prometheus is not installed")
def test_prometheus_takes_what_remote_write_sends(tmp_path: Path) -> None:
    """The real server decodes frame, message and labels, and answers queries on them."""
    port = free_port()
    (tmp_path / "p.yml").write_text("global: {scrape_interval: 1h}\n")
    command = ["prometheus", f"--config.file={tmp_path / 'p.yml'}", f"--storage.tsdb.path={tmp_path / 'data'}"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver"]
    base = f"http://127.0.0.1:{port}"
    with process(command, tmp_path, f"{base}/-/ready"):
        origin = time.time() - 3
        assert run_through(RemoteWrite(f"{base}/api/v1/write", every=0.0), 3, origin) == []

        def query(text: str) -> list[tuple[dict[str, str], float]]:
            asked = urllib.parse.urlencode({"query": text, "time": origin + 4})
            result = get(f"{base}/api/v1/query?{asked}")["data"]["result"]
            return [(each["metric"], float(each["value"][1])) for each in result]

        ((labels, count),) = query("swell_http_reqs_total")
        assert count == 30
        assert labels["name"] == 'http://h/a b,c="d"?token=[redacted]'
        assert query("sum(swell_checks_total)") == [({}, 30.0)]
        assert query('swell_http_req_duration_seconds{quantile="0.5"}')[0][1] == pytest.approx(0.1, rel=0.01)


@pytest.mark.skipif(shutil.which("influxd") is None, reason="InfluxDB is not installed")
def test_influxdb_takes_the_lines(tmp_path: Path) -> None:
    """The real server parses every line, odd tags included, and adds them up."""
    port = free_port()
    (tmp_path / "i.conf").write_text(INFLUX.format(rpc=free_port(), port=port, directory=tmp_path))
    base = f"http://127.0.0.1:{port}"
    with process(["influxd", "-config", str(tmp_path / "i.conf")], tmp_path, f"{base}/ping"):

        def query(text: str) -> Any:
            asked = urllib.parse.urlencode({"db": "k6", "q": text}).encode()
            return get(f"{base}/query", asked)["results"][0]["series"][0]

        get(f"{base}/query", b"q=CREATE+DATABASE+k6")
        assert run_through(InfluxDb(f"{base}/k6", {}), 3, time.time() - 3) == []
        assert query("SELECT sum(count) FROM http_reqs")["values"][0][1] == 30
        (row,) = query("SELECT * FROM checks ORDER BY time DESC LIMIT 1")["values"]
        assert "is ok" in row
        names = query('SHOW TAG VALUES FROM http_reqs WITH KEY = "name"')["values"]
        assert names == [["name", 'http://h/a b,c="d"?token=[redacted]']]


@pytest.mark.skipif(shutil.which("influxd") is None, reason="InfluxDB is not installed")
def test_a_database_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The server's own words reach the person."""
    port = free_port()
    (tmp_path / "i.conf").write_text(INFLUX.format(rpc=free_port(), port=port, directory=tmp_path))
    base = f"http://127.0.0.1:{port}"
    command = ["influxd", "-config", str(tmp_path / "i.conf")]
    with (
        process(command, tmp_path, f"{base}/ping"),
        pytest.raises(OutputError, match="database not found"),
    ):
        InfluxDb(f"{base}/absent", {}).open()
