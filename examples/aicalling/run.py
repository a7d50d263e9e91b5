"""One command: start the AI Calling Platform's stand-in on a free port, run one of its five tests, end both.

    python examples/aicalling/run.py                                     the health check on the embedded default
    python examples/aicalling/run.py full-system --profile smoke         with the load of a profile
    python examples/aicalling/run.py scheduling-load --fault backlog     find a fault

What this program does not know goes to `swell k6 run` as it is. Its exit code is the test's.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from swell.demo.against import run_against

HERE = Path(__file__).resolve().parent
TESTS = ("health-check", "bulk-import", "analytics-load", "scheduling-load", "full-system")
PROFILES = {
    "smoke": "--vus 1 --duration 30s",
    "average": "--vus 10 --duration 5m",
    "stress": "--vus 50 --duration 10m",
    "spike": "--vus 1 --stage 30s:1 --stage 30s:100 --stage 30s:1",
    "soak": "--vus 20 --duration 1h",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("test", nargs="?", default="health-check", choices=TESTS, help="default: %(default)s")
    parser.add_argument("--profile", choices=PROFILES, help="instead of the load that the script itself has")
    parser.add_argument("--fault", default="", help="a fault of the target: python serve.py --help lists them")
    options, for_swell = parser.parse_known_args()
    load = PROFILES[options.profile].split() if options.profile else []
    serve = [sys.executable, str(HERE / "serve.py"), "--port", "0", "--fault", options.fault]
    test = [sys.executable, "-m", "swell", "k6", "run", *load, *for_swell]
    script = str(HERE / "tests" / "load" / f"{options.test}.js")
    return run_against(serve, lambda url: [*test, "--env", f"API_URL={url}", script])


if __name__ == "__main__":
    sys.exit(main())
