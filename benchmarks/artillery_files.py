"""The same Artillery scripts on Artillery and on Swell: requests per second on one processor.

python -m benchmarks.artillery_files    # needs nginx, two processors and Artillery (SWELL_TEST_ARTILLERY names it)
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import target
from benchmarks.runs import SCRIPTS, report

SWELL, ARTILLERY = "swell", "artillery"
FLOOR = 8.0
# Passes of each of the 32 VUs that keep either tool busy for six to eight seconds.
SCRIPTS_AND_WORK = {
    "artillery_get.yml": ("a GET loop", {SWELL: 5000, ARTILLERY: 200}),
    "artillery_login.yml": ("login, capture, post, with a JavaScript processor", {SWELL: 600, ARTILLERY: 75}),
}


def rate(tool: str, program: str, script: str, url: str, passes: int) -> float:
    """Requests per second, by the tool's own report."""
    with tempfile.TemporaryDirectory() as folder:
        front = [sys.executable, "-m", "swell", "artillery"] if tool == SWELL else [program]
        options = ["-t", url, "-v", json.dumps({"passes": passes}), "-q", "-o", f"{folder}/report.json"]
        own = ["--no-store"] if tool == SWELL else []
        done = subprocess.run(
            ["taskset", "-c", "0", *front, "run", str(SCRIPTS / script), *options, *own],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env={**os.environ, "ARTILLERY_DISABLE_TELEMETRY": "true"},
        )
        try:
            total = json.loads(Path(folder, "report.json").read_text())["aggregate"]
        except OSError:
            raise SystemExit(done.stdout + done.stderr) from None
    counters = total["counters"]
    if counters.get("vusers.completed") != counters["vusers.created"]:
        raise SystemExit(f"VUs failed: {counters}")
    return counters["http.responses"] * 1000.0 / (total["lastMetricAt"] - total["firstMetricAt"])


def main() -> int:
    """Run them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=float, default=1.0, help="make each run so many times as long")
    options = parser.parse_args()
    program = os.environ.get("SWELL_TEST_ARTILLERY") or shutil.which("artillery")
    if not program:
        print("Artillery is not installed: npm i -g artillery, or SWELL_TEST_ARTILLERY names its program")
        return 0
    held = True
    with target.nginx(processor=1) as url:
        for script, (kind, work) in SCRIPTS_AND_WORK.items():
            ratios: list[float] = []
            for _ in range(options.rounds):
                mine, theirs = (
                    rate(tool, program, script, url, max(1, int(work[tool] * options.work)))
                    for tool in (SWELL, ARTILLERY)
                )
                print(f"  {kind}: Swell {mine:,.0f}/s, Artillery {theirs:,.0f}/s", flush=True)
                ratios.append(mine / theirs)
            ratio = statistics.median(ratios)
            held &= report(kind, f"{ratio:.1f}x", f">= {FLOOR:g}x", held=ratio >= FLOOR)
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
