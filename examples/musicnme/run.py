"""One command: start the Music 'n Me stand-in on a free port, run one suite, end both, check the bookings.

    python examples/musicnme/run.py                              the full load test, six minutes
    python examples/musicnme/run.py hybrid -e rehearsal          the bookings, twelve seconds
    python examples/musicnme/run.py hybrid -e rehearsal --fault oversell
    python examples/musicnme/run.py report                       the full load test, then its page in the browser

What this program does not know goes to `swell artillery run` as it is. Its exit code is the test's, or, if that
is 0, the check's: 1 if a slot was sold twice.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from target.__main__ import main as target

from swell.demo.against import run_against

HERE = Path(__file__).resolve().parent
SUITES = {
    "full": "artillery.yml",
    "dashboard": "scenarios/dashboard.yml",
    "calendar": "scenarios/calendar.yml",
    "hybrid": "scenarios/hybrid-booking.yml",
    "report": "artillery.yml",
}
WRONG_USE = 2
ARTILLERY = [sys.executable, "-m", "swell", "artillery"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", nargs="?", default="full", choices=SUITES, help="default: %(default)s")
    parser.add_argument("-e", "--environment", default="", help="rehearsal: a short one with little load")
    parser.add_argument("--fault", default="", help="a fault of the target: python serve.py --help lists them")
    parser.add_argument("--no-open", action="store_true", help="with report: write the page and do not open it")
    options, for_swell = parser.parse_known_args()
    if options.environment:
        for_swell += ["--environment", options.environment]
    if options.suite == "report":
        for_swell += ["--output", str(HERE / "report.json")]
    code = load(HERE / SUITES[options.suite], options.fault, for_swell)
    if options.suite == "report" and (HERE / "report.json").exists():
        show(HERE / "report.json", HERE / "report.html", open_it=not options.no_open)
    return code


def load(script: Path, fault: str, for_swell: list[str]) -> int:
    """Run a script against a target of its own, then check the target's database."""
    with tempfile.TemporaryDirectory(prefix="musicnme-") as folder:
        # A database that is still there when the target is gone, to be checked.
        os.environ["DATABASE_URL"] = os.environ.get("DATABASE_URL") or f"sqlite:///{folder}/musicnme.sqlite3"
        serve = [sys.executable, str(HERE / "serve.py"), "--port", "0", "--fault", fault]
        code = run_against(serve, lambda url: [*ARTILLERY, "run", "--target", url, *for_swell, str(script)])
        if code == WRONG_USE:
            return code
        checked = target(["check"])
        return code or checked


def show(results: Path, page: Path, *, open_it: bool) -> None:
    """Make the page of a report, and open it."""
    opening = ["--open"] if open_it else []
    subprocess.run([*ARTILLERY, "report", *opening, "--output", str(page), str(results)], check=False)


if __name__ == "__main__":
    sys.exit(main())
