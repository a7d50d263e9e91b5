"""One command: start the MueJam stand-in on a free port, load it with loadtest.py, end both.

    python examples/muejam/run.py                    the basic scenario on the embedded default
    python examples/muejam/run.py spike --time-scale 0.1 --fault n-plus-one

What this program does not know goes to `swell run` as it is. Its exit code is the verdict's.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from swell.demo.against import run_against

HERE = Path(__file__).resolve().parent
SCENARIOS = ("basic", "peak", "sustained", "spike")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", default="basic", choices=SCENARIOS, help="default: %(default)s")
    parser.add_argument("--fault", default="", help="a fault of the target: python serve.py --help lists them")
    options, for_swell = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="muejam-") as folder:
        serve = [sys.executable, str(HERE / "serve.py"), "--port", "0", "--tokens", folder, "--fault", options.fault]
        test = [sys.executable, "-m", "swell", "run", str(HERE / "loadtest.py"), "--profile", options.scenario]
        return run_against(serve, lambda url: [*test, "--host", url, *for_swell], {"MUEJAM_TOKENS": folder})


if __name__ == "__main__":
    sys.exit(main())
