"""One command: start the YWMESSAGING stand-in on a free port, run one scenario of loadtest.k6.js, end both.

    python examples/ywmessaging/run.py                     smoke on the embedded default
    python examples/ywmessaging/run.py conversation --fault n-plus-one

What this program does not know goes to `swell k6 run` as it is. Its exit code is the test's.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from swell.demo.against import run_against

HERE = Path(__file__).resolve().parent
SCRIPT = str(HERE / "backend" / "scripts" / "loadtest.k6.js")
SCENARIOS = ("smoke", "load", "spike", "soak", "conversation")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", default="smoke", choices=SCENARIOS, help="default: %(default)s")
    parser.add_argument("--fault", default="", help="a fault of the target: python serve.py --help lists them")
    options, for_swell = parser.parse_known_args()
    serve = [sys.executable, str(HERE / "serve.py"), "--port", "0", "--fault", options.fault]
    test = [sys.executable, "-m", "swell", "k6", "run", "--scenario", options.scenario, *for_swell]
    return run_against(serve, lambda url: [*test, "--env", f"BASE_URL={url}", SCRIPT])


if __name__ == "__main__":
    sys.exit(main())
