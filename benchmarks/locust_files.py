"""One unmodified locustfile on Locust and on Swell: requests per second on one processor, and memory of waiting users.

python -m benchmarks.locust_files          # needs nginx, two processors and Locust beside this Python
"""

from __future__ import annotations

import argparse
import csv
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import target
from benchmarks.memory import megabytes_after
from benchmarks.runs import SCRIPTS, report

LOCUST = "locust"
SWELL = "swell"
USERS = 64
WAITING = 3_000
FLOORS = {"FastGetter": ("FastHttpUser", 8.0), "HttpGetter": ("HttpUser", 25.0)}
WAITERS = {"FastWaiter": "FastHttpUser", "Waiter": "HttpUser"}


def command(tool: str, script: str, url: str, *options: str) -> list[str]:
    """The same command line for both."""
    locust = Path(sys.executable).with_name("locust")
    front = [str(locust)] if tool == LOCUST else [sys.executable, "-m", "swell", "locust"]
    return [*front, "-f", str(SCRIPTS / script), "--headless", "--only-summary", "-H", url, *options]


def rate(tool: str, user: str, url: str, seconds: int) -> float:
    """Requests per second, by the tool's own CSV file and the seconds it ran."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["-u", str(USERS), "-r", str(USERS), "-t", f"{seconds}s", "--csv", f"{folder}/x", user]
        done = subprocess.run(
            ["taskset", "-c", "0", *command(tool, "locust_get.py", url, *options)],
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            check=False,
        )
        try:
            with Path(folder, "x_stats.csv").open(newline="") as file:
                total = next(row for row in csv.DictReader(file) if row["Name"] == "Aggregated")
        except OSError:
            raise SystemExit(done.stdout + done.stderr) from None
        if int(total["Failure Count"]):
            raise SystemExit(f"requests failed:\n{done.stderr}")
        return int(total["Request Count"]) / seconds


def memory(tool: str, user: str, url: str) -> float:
    """Megabytes of all processes of a run with users that wait, each with its connection."""
    options = ["-u", str(WAITING), "-r", str(WAITING), "-t", "60s"]
    # Both have made their requests by then.
    return megabytes_after(command(tool, "locust_waiting.py", url, *options, user), 15)


def main() -> int:
    """Run them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    options = parser.parse_args()
    if not shutil.which("locust", path=str(Path(sys.executable).parent)):
        print("locust is not installed beside this Python: pip install '.[conformance]'")
        return 0
    held = True
    with target.nginx(processor=1) as url:
        for user, (kind, floor) in FLOORS.items():
            ratios: list[float] = []
            for _ in range(options.rounds):
                mine, theirs = (rate(tool, user, url, options.seconds) for tool in (SWELL, LOCUST))
                print(f"  {kind}: Swell {mine:,.0f}/s, Locust {theirs:,.0f}/s", flush=True)
                ratios.append(mine / theirs)
            ratio = statistics.median(ratios)
            held &= report(f"one {kind} file on both", f"{ratio:.1f}x", f">= {floor:g}x", held=ratio >= floor)
        for user, kind in WAITERS.items():
            mine, theirs = (memory(tool, user, url) for tool in (SWELL, LOCUST))
            held &= report(
                f"{WAITING:,} waiting {kind}s with a connection each",
                f"{mine:.0f} MB",
                f"<= {theirs:.0f} MB",
                held=mine <= theirs,
            )
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
