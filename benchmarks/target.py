"""The target of the benchmarks: nginx with one worker on a processor of its own, keep-alive, a 52-byte JSON.

Rules: loopback only; it lives in a temporary folder and ends with the `with` block.
"""

from __future__ import annotations

import contextlib
import resource
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

BODY = '{"ok":true,"id":12345,"name":"swell","items":[1,2,3]}'

CONFIG = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections {connections}; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=16384;
        location / {{ default_type application/json; return 200 '{body}'; }}
    }}
}}
"""


def descriptors() -> int:
    """How many files a process may open here, raised to the hard limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return min(hard, 20_000)


def free_port() -> int:
    """A loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def nginx_path() -> str | None:
    """Where nginx is, also when /usr/sbin is not on the PATH."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


@contextlib.contextmanager
def nginx(processor: int) -> Iterator[str]:
    """A running nginx pinned to `processor`; gives its URL."""
    binary = nginx_path()
    if binary is None:
        raise SystemExit("the benchmarks need nginx (Debian: apt-get install nginx)")
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        config = Path(folder) / "nginx.conf"
        config.write_text(CONFIG.format(folder=folder, port=port, body=BODY, connections=descriptors()))
        command = ["taskset", "-c", str(processor), binary, "-p", folder, "-c", str(config)]
        process = subprocess.Popen(command)
        try:
            wait_until_open(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def wait_until_open(port: int, seconds: float = 10.0) -> None:
    """Return when something listens on the port."""
    end = time.monotonic() + seconds
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > end:
            raise SystemExit(f"nothing listens on port {port} after {seconds:.0f} s")
        time.sleep(0.02)
