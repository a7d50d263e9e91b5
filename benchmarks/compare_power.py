"""How often `swell compare` is right: pairs of equal runs, and pairs with one endpoint really 20 % slower.

    python -m benchmarks.compare_power --pairs 40 --duration 60

Rules: the target is the demo service with a wait in each answer, as a database would cost (log-normal, about 20 ms); a
second one, otherwise the same, takes 20 % longer for every search, measured by the search itself. Each round is three
runs, one after the other: two against the first service (equal), one against the second (slower than the run before
it). Both services live through all rounds, so that nothing but the slowdown differs. Exit code 1 if the criteria are
missed: at most 5 % of the equal pairs call a regression, at least 95 % of the slowdowns are called.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from swell.analysis.compare import compare
from swell.analysis.comparison import Change, CompareOptions, Comparison
from swell.demo.app import make_app
from swell.demo.database import BoxOffice
from swell.demo.server import run_app
from swell.runs.store import RunStore, open_store

SLOWED = "GET /search"
WAIT, SPREAD = 0.020, 0.3  # median seconds and spread (of the log) of the wait in each answer

TEST = """
import random
from swell import HttpUser, constant, task

class Visitor(HttpUser):
    wait_time = constant(0.01)

    @task(3)
    def browse(self):
        self.client.get(f"/shows?page={random.randint(1, 15)}", name="/shows")

    @task(2)
    def look(self):
        self.client.get(f"/shows/{random.randint(1, 300)}", name="/shows/:id")

    @task(3)
    def search(self):
        self.client.get(f"/search?q={random.choice(['opera', 'tide', 'comedy'])}", name="/search")
"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=40, help="rounds (default: %(default)s)")
    parser.add_argument("--duration", type=int, default=60, help="seconds of each run (default: %(default)s)")
    parser.add_argument("--users", type=int, default=8, help="users (default: %(default)s)")
    parser.add_argument("--slower", type=float, default=0.2, help="by how much (default: %(default)s)")
    parser.add_argument("--margin", type=float, default=0.05, help="practical margin (default: %(default)s)")
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve is not None:
        return serve(options.serve)
    with (
        tempfile.TemporaryDirectory(prefix="swell-power-") as name,
        target(0.0) as same,
        target(options.slower) as slow,
    ):
        folder = Path(name)
        (folder / "visit.py").write_text(TEST)
        equal: list[Comparison] = []
        slower: list[Comparison] = []
        for number in range(options.pairs):
            began = time.monotonic()
            for url in (same, same, slow):
                run(folder, url, options)
            with contextlib.closing(open_store(str(folder / "runs.db"))) as store:
                equal.append(compared(store, "last~2", "last~1", options))
                slower.append(compared(store, "last~1", "last", options))
            print(f"{number + 1:3}  {told(equal[-1])}  |  {told(slower[-1])}  ({time.monotonic() - began:.0f} s)")
            sys.stdout.flush()
    return conclude(equal, slower, options.slower)


def run(folder: Path, url: str, options: argparse.Namespace) -> None:
    command = [sys.executable, "-m", "swell", "run", "visit.py", "-H", url, "-q", "--store", "runs.db"]
    command += ["-u", str(options.users), "-t", f"{options.duration}s"]
    silent, kept = subprocess.DEVNULL, subprocess.PIPE
    done = subprocess.run(command, check=False, cwd=folder, stdout=silent, stderr=kept, text=True)
    if done.returncode:
        raise SystemExit(f"a run ended with exit code {done.returncode}:\n{done.stderr[-2000:]}")


def compared(store: RunStore, base_name: str, new_name: str, options: argparse.Namespace) -> Comparison:
    base_found, new_found = store.find(base_name), store.find(new_name)
    base, new = store.run(base_found), store.run(new_found)
    with store.metrics(base_found) as base_metrics, store.metrics(new_found) as new_metrics:
        return compare(base, base_metrics, new, new_metrics, CompareOptions(margin=options.margin))


def is_called(comparison: Comparison) -> bool:
    """Whether the endpoint that was made slower is called so."""
    return any(
        row.endpoint == SLOWED and row.metric.startswith("http_req_duration") for row in comparison.of(Change.REGRESSED)
    )


def told(comparison: Comparison) -> str:
    row = next(row for row in comparison.rows if row.endpoint == SLOWED and row.metric.endswith("p50"))
    effect, low, high = row.effect or 0.0, row.low or 0.0, row.high or 0.0
    return f"{comparison.verdict:12} search p50 {effect:+6.1%} ({low:+6.1%} to {high:+6.1%})"


def conclude(equal: list[Comparison], slower: list[Comparison], size: float) -> int:
    wrong = sum(each.verdict is Change.REGRESSED for each in equal)
    right = sum(is_called(each) for each in slower)
    print(f"\nequal pairs:    {wrong} of {len(equal)} call a regression")
    print(f"{size:.0%} slowdown:   {right} of {len(slower)} are called")
    for title, pairs in (("equal", equal), ("slower", slower)):
        words = Counter(row.verdict.value for each in pairs for row in each.rows)
        print(f"figures, {title}: " + ", ".join(f"{count} {word}" for word, count in words.most_common()))
    return 0 if wrong <= 0.05 * len(equal) and right >= 0.95 * len(slower) else 1


@contextlib.contextmanager
def target(slower: float) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.compare_power", "--serve", str(slower)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise SystemExit("the target did not start")
        yield url
    finally:
        process.terminate()
        process.wait(10)


def serve(slower: float) -> int:
    with tempfile.TemporaryDirectory(prefix="swell-power-") as folder, ThreadPoolExecutor(4) as threads:
        office = BoxOffice(Path(folder))
        demo = make_app(office, threads)
        chance = random.Random(1)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            began = asyncio.get_running_loop().time()
            await asyncio.sleep(WAIT * chance.lognormvariate(0.0, SPREAD))
            messages: list[Any] = []

            async def keep(message: Any) -> None:
                messages.append(message)

            await demo(scope, receive, keep)
            if slower and scope["path"] == "/search":
                await asyncio.sleep(slower * (asyncio.get_running_loop().time() - began))
            for message in messages:
                await send(message)

        run_app(app, "127.0.0.1", 0, ready=lambda url: print(url, flush=True), on_stop=demo.stop, exit_with_parent=True)
        office.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
