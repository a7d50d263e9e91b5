"""Start and end of the demo service: no orphans, no rubbish left."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.services import first_line, run_service

_SERVE = [sys.executable, "-m", "swell.demo.serve", "--port", "0"]


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_at_once(sent, tmp_path):
    """A signal is a clean end, also with a connection open, and the temporary data is removed."""
    with run_service(_SERVE, env={"TMPDIR": str(tmp_path)}) as service:
        assert [path.name for path in tmp_path.glob("swell-demo-*")]
        with socket.create_connection(service.address):
            service.process.send_signal(sent)
            assert service.process.wait(30) == 0
        assert list(tmp_path.iterdir()) == []


def test_ends_in_the_middle_of_a_stall(serve, call):
    """A frozen service still obeys a signal."""
    service = serve("stall")
    call(service).get("/health")
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(30) == 0


def test_ends_when_stdin_closes(serve):
    """With --exit-with-parent the service goes when the pipe to its parent closes."""
    service = serve("", "--exit-with-parent")
    service.process.stdin.close()
    assert service.process.wait(30) == 0


def test_stays_without_the_option(serve, call):
    """Without --exit-with-parent a closed stdin means nothing."""
    service = serve()
    service.process.stdin.close()
    assert call(service).get("/health") == {"status": "ok"}
    assert service.process.poll() is None


def test_ends_when_the_parent_is_killed():
    """With --exit-with-parent the service does not outlive a parent that is killed without a word."""
    parent = "import subprocess, sys\nchild = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)\nchild.wait()\n"
    command = [sys.executable, "-c", parent, *_SERVE, "--exit-with-parent"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        first_line(process)
        process.kill()
        # The service holds the other end of our pipe: the end of it is the end of the service.
        assert process.stdout.read() == b""


def test_stdin_that_is_no_pipe_says_nothing():
    """/dev/null as stdin does not end a service whose parent lives."""
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [*_SERVE, "--exit-with-parent"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={**os.environ, "TMPDIR": folder},
        ) as process,
    ):
        try:
            url = first_line(process)
            host, _, port = url.removeprefix("http://").rpartition(":")
            socket.create_connection((host, int(port))).close()
            assert process.poll() is None
        finally:
            process.terminate()
        assert process.wait(30) == 0
        assert list(Path(folder).iterdir()) == []


def test_taken_port_is_explained(serve):
    """A port that is in use ends in exit code 2 and one line, no traceback."""
    _, port = serve().address
    done = subprocess.run(
        [sys.executable, "-m", "swell.demo.serve", "--port", str(port)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert str(port) in done.stderr
