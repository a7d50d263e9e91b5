"""Rehearse the load tests of all examples: every examples/*/swell.toml, one suite after the other.

    python examples/run_all.py                     the group `rehearsal` of each, in a fraction of the time
    python examples/run_all.py muejam tutormax     only these
    python examples/run_all.py --time-scale 0.1    longer

A rehearsal shows that target, test and criteria work together; what it measures in a few seconds is no result. The exit
code is that of the worst suite.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
GROUP = "rehearsal"
WORDS = {0: "ok", 1: "FAIL", 2: "ERROR", 3: "INVALID", 130: "interrupted"}
WORST = (0, 1, 3, 2, 130)


def main() -> int:
    suites = {path.parent.name: path for path in sorted(HERE.glob("*/swell.toml"))}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(suites)}; default: all")
    parser.add_argument("--time-scale", default="0.03", metavar="X", help="length of the plans; default: %(default)s")
    options, for_swell = parser.parse_known_args()
    for name in options.names:
        if name not in suites:
            parser.error(f"there is no {name}; there are: {', '.join(suites)}")
    codes: dict[str, int] = {}
    lines: list[str] = []
    for name, path in suites.items():
        if options.names and name not in options.names:
            continue
        began = time.monotonic()
        group = [GROUP] if GROUP in tomllib.loads(path.read_text(encoding="utf-8")).get("groups", {}) else []
        scale = ["--time-scale", options.time_scale]
        suite = ["suite", *group, "--config", str(path), *scale, "--quiet", *for_swell]
        codes[name] = wait(subprocess.Popen([sys.executable, "-m", "swell", *suite]))
        lines.append(f"{name:<14}{WORDS.get(codes[name], codes[name]):<14}{time.monotonic() - began:.0f} s")
        if codes[name] == 130:
            break
    print("\n".join(lines))
    return max(codes.values(), key=lambda code: WORST.index(code) if code in WORST else len(WORST), default=2)


def wait(process: subprocess.Popen[bytes]) -> int:
    # Ctrl-C reaches the suite too, which then ends in good order and prints its table: wait for that.
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


if __name__ == "__main__":
    sys.exit(main())
