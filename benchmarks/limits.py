"""What Swell promises beside its rate: memory of idle users, exact arrivals, honest latency, a quick start.

python -m benchmarks.limits            # all of them; two processors, nginx
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from benchmarks import frozen, target
from benchmarks.runs import report, swell_run, values

IDLE_USERS = 10_000
BYTES_PER_USER = 12 * 1024
ARRIVALS_PER_SECOND = 5_000
ARRIVAL_SECONDS = 10
HELP_SECONDS = 0.3


def idle_memory(url: str) -> bool:
    """10,000 users, each with an open connection, beyond a run with one user."""

    def memory(users: int) -> float:
        options = ["--host", url, "-u", str(users), "-r", "2000", "-t", "10s"]
        summary = swell_run("idle_users.py", *options, processor=0)
        assert values(summary, "http_reqs")["count"] == users, "not every user made its request"
        return summary["generator"]["rss_max"]

    base = memory(1)
    per_user = (memory(IDLE_USERS) - base) / (IDLE_USERS - 1)
    return report(
        f"{IDLE_USERS:,} idle users with a connection each, beyond the base",
        f"{per_user / 1024:.1f} KB each",
        f"<= {BYTES_PER_USER // 1024} KB",
        held=per_user <= BYTES_PER_USER,
    )


def exact_arrivals(url: str) -> bool:
    """5,000 arrivals a second for 10 s, below saturation."""
    options = ["--host", url, "--rate", f"{ARRIVALS_PER_SECOND}/s", "-t", f"{ARRIVAL_SECONDS}s"]
    summary = swell_run("arrivals.py", *options, processor=0)
    planned = ARRIVALS_PER_SECOND * ARRIVAL_SECONDS
    started = values(summary, "iterations")["count"]
    lag = values(summary, "schedule_lag")["p99"]
    held = report(
        f"{planned:,} arrivals planned, started", f"{started:,.0f}", f"= {planned:,}", held=started == planned
    )
    return report("their schedule lag, p99", f"{lag:.2f} ms", "<= 2 ms", held=lag <= 2) and held


def frozen_server() -> bool:
    """A server that freezes for 1 s moves p99 from the intended start by the analytic amount."""
    rate, seconds = 200, 20
    with frozen.server(freeze_after=5.0, freeze_for=1.0) as url:
        options = ["--host", url, "--rate", f"{rate}/s", "-t", f"{seconds}s", "--max-users", "2000"]
        summary = swell_run("arrivals.py", *options)
    # The arrivals of the frozen second wait 1000, 995, ... 5 ms: 200 of 4,000, so p99 leaves the 40 longest above.
    expected = 1000 * (1 - 40 / rate)
    measured = values(summary, "http_req_latency")["p99"]
    error = abs(measured - expected) / expected
    return report(
        "a 1 s freeze: p99 from the intended start",
        f"{measured:.0f} ms",
        f"{expected:.0f} ms +- 1 %",
        held=error <= 0.01,
    )


def quick_help() -> bool:
    """`swell --help`, the median of seven calls."""
    spent: list[float] = []
    for _ in range(7):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "swell", "--help"], capture_output=True, check=True)
        spent.append(time.perf_counter() - begun)
    median = statistics.median(spent)
    return report("swell --help", f"{median:.2f} s", f"< {HELP_SECONDS} s", held=median < HELP_SECONDS)


def main() -> int:
    """Run all of them."""
    held = quick_help()
    held &= frozen_server()
    with target.nginx(processor=1) as url:
        held &= exact_arrivals(url)
        held &= idle_memory(url)
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
