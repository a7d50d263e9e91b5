"""k6 scripts: requests per second beside wrk on one processor, and the memory of sleeping VUs.

python -m benchmarks.k6_scripts          # needs nginx, two processors and wrk

k6 itself is measured too where it is installed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks import target
from benchmarks.memory import megabytes_after
from benchmarks.peers import SCRIPTS, Job, find_number, run_pinned
from benchmarks.runs import report

VUS = 64
SLEEPING = 3_000
FLOOR = 0.2
MOST_MEGABYTES = 600.0


def k6_rate(job: Job, front: list[str]) -> float:
    """Requests per second of the script by a `k6 run` of one of the two."""
    with tempfile.TemporaryDirectory() as folder:
        summary = Path(folder) / "summary.json"
        text = run_pinned(
            job,
            [*front, "run", "-q", "-u", str(job.connections), "-d", f"{job.seconds}s", "-e", f"TARGET={job.url}",
             "--summary-export", str(summary), str(SCRIPTS / "k6_get.js")],
            GOMAXPROCS="1",
        )  # fmt: skip
        if not summary.exists():
            raise SystemExit(text)
        metrics = json.loads(summary.read_text())["metrics"]
        if metrics["checks"]["fails"] or metrics["http_req_failed"]["passes"]:
            raise SystemExit(f"requests failed:\n{text}")
        return metrics["http_reqs"]["rate"]


def wrk_rate(job: Job) -> float:
    """Requests per second of wrk."""
    text = run_pinned(job, ["wrk", "-t1", f"-c{job.connections}", f"-d{job.seconds}s", job.url])
    return find_number(r"Requests/sec:\s+([\d.]+)", text)


def memory(url: str) -> float:
    """Megabytes of all processes of a run whose VUs have made a request and sleep."""
    command = [sys.executable, "-m", "swell", "k6", "run", "-q", "--no-store", "-u", str(SLEEPING), "-d", "60s",
               "-e", f"TARGET={url}", str(SCRIPTS / "k6_sleeping.js")]  # fmt: skip
    return megabytes_after(command, 35)


def main() -> int:
    """Run them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        print("wrk is not installed; the rate is stated as a share of it")
        return 0
    own = [sys.executable, "-m", "swell", "k6"]
    other = shutil.which("k6")
    held = True
    with target.nginx(processor=1) as url:
        job = Job(url, VUS, options.seconds, 0)
        ratios: list[float] = []
        for _ in range(options.rounds):
            wrk, mine = wrk_rate(job), k6_rate(job, own)
            theirs = k6_rate(job, [other]) if other else None
            shown = f", k6 {theirs:,.0f}/s" if theirs is not None else ""
            print(f"  wrk {wrk:,.0f}/s, Swell {mine:,.0f}/s{shown}", flush=True)
            ratios.append(mine / wrk)
        ratio = statistics.median(ratios)
        held &= report(
            f"k6 script, http.get + check + JSON.parse, {VUS} VUs",
            f"{ratio:.2f}x wrk",
            f">= {FLOOR:g}x",
            held=ratio >= FLOOR,
        )
        used = memory(url)
        held &= report(
            f"{SLEEPING:,} sleeping VUs", f"{used:.0f} MB", f"<= {MOST_MEGABYTES:.0f} MB", held=used <= MOST_MEGABYTES
        )
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
