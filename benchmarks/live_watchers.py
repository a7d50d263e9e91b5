"""What the live page costs a run: requests per processor second without it, with it, and with 20 who watch.

python -m benchmarks.live_watchers                # two processors, nginx

Rules: the whole of Swell (worker, coordinator, page) has one processor, so that whatever the page costs is taken from
the requests; nginx and the watchers have the other. Requests are counted per second of processor time that all of Swell
used, which holds on a machine that others use too; the plain rate is told beside it. The three ways take turns, and
each is compared with its neighbours in time. Watchers are connections that read the page's events as browsers do; they
draw nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks import target
from benchmarks.runs import SCRIPTS, report

USERS = 64
WATCHERS = 20
WAYS = {"no page": None, "page": 0, f"page, {WATCHERS} watchers": WATCHERS}
LEAST = 0.97  # of the requests per processor second with the page alone


class Measured(NamedTuple):
    """One run. `each`: requests per processor second of all processes; `own`: processor seconds per second of the one
    that conducts the run and serves the page.
    """

    rate: float
    each: float
    own: float
    received: int


def measure(url: str, seconds: int, watchers: int | None) -> Measured:
    """One run; `watchers` None: without a page."""
    port = target.free_port()
    with tempfile.TemporaryDirectory() as folder:
        summary = Path(folder) / "summary.json"
        command = ["taskset", "-c", "0", sys.executable, "-m", "swell", "run", str(SCRIPTS / "sixty_endpoints.py"),
                   "--host", url, "-q", "--no-store", "-u", str(USERS), "-t", f"{seconds}s",
                   "--json", str(summary)]  # fmt: skip
        if watchers is not None:
            command += ["--web", f"127.0.0.1:{port}"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        watching = None
        if watchers:
            target.wait_until_open(port, 30.0)
            own = [sys.executable, "-m", "benchmarks.live_watchers", "--watch", str(port)]
            watching = subprocess.Popen(["taskset", "-c", "1", *own], stdout=subprocess.PIPE, text=True)
        cpu = _processor_time(process, seconds)
        _, process.returncode, used = os.wait4(process.pid, 0)  # with all processes that it waited for
        received = int(watching.communicate(timeout=60)[0]) if watching is not None else 0
        if not summary.exists():
            raise SystemExit(f"no result: {' '.join(command)}")
        metrics = json.loads(summary.read_text())["metrics"]
    if metrics["http_req_failed"]["values"]["rate"] > 0:
        raise SystemExit("requests failed")
    requests = metrics["http_reqs"]["values"]
    return Measured(requests["rate"], requests["count"] / (used.ru_utime + used.ru_stime), cpu, received)


def _processor_time(process: subprocess.Popen[bytes], seconds: int) -> float:
    """Processor seconds per second of that process alone, from the third second of the run to its last but one."""
    conducting = psutil.Process(process.pid)
    while not conducting.children():
        if process.poll() is not None:
            raise SystemExit("the run ended at once")
        time.sleep(0.05)
    time.sleep(3)
    began, first = time.monotonic(), sum(conducting.cpu_times()[:2])
    time.sleep(max(1.0, seconds - 5))
    return (sum(conducting.cpu_times()[:2]) - first) / (time.monotonic() - began)


async def watch(port: int, count: int) -> int:
    """Watch until the page ends; bytes that all received."""

    async def one() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        received = 0
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                received += len(data)
        writer.close()
        return received

    return sum(await asyncio.gather(*(one() for _ in range(count))))


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=12)
    parser.add_argument("--watch", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.watch:
        print(asyncio.run(watch(options.watch, WATCHERS)))
        return 0
    found: dict[str, list[Measured]] = {way: [] for way in WAYS}
    with target.nginx(processor=1) as url:
        for _ in range(options.rounds):
            for way, watchers in WAYS.items():
                found[way].append(measure(url, options.seconds, watchers))
                print(f"{way:20} {found[way][-1]}", file=sys.stderr, flush=True)
    print(f"{USERS} users, 60 endpoints, {options.rounds} rounds of {options.seconds} s, Swell on one processor")
    for way, each in found.items():
        share = 100 * statistics.median(one.own for one in each)
        print(
            f"{way:20} {_spread([one.each for one in each])} requests per processor second, "
            f"{_spread([one.rate for one in each])} req/s, conducting process {share:.1f} % of a processor"
        )
    watched, alone, without = (found[way] for way in reversed(WAYS))
    ratios = [one.each / other.each for one, other in zip(watched, alone, strict=True)]
    against = [one.each / other.each for one, other in zip(watched, without, strict=True)]
    print(f"watched against no page at all: {statistics.median(against):.3f} ({min(against):.3f}-{max(against):.3f})")
    middle = statistics.median(ratios)
    claim = f"requests with {WATCHERS} watchers, of that with none"
    return (
        0
        if report(claim, f"{middle:.3f} ({min(ratios):.3f}-{max(ratios):.3f})", f">= {LEAST}", held=middle >= LEAST)
        else 1
    )


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):,.0f} ({min(values):,.0f}-{max(values):,.0f})"


if __name__ == "__main__":
    raise SystemExit(main())
