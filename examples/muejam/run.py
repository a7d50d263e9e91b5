"""One command: start the MueJam stand-in on a free port, load it with loadtest.py, end both.

    python examples/muejam/run.py                    the basic scenario on the embedded default
    python examples/muejam/run.py spike --time-scale 0.1 --fault n-plus-one

What this program does not know goes to `swell run` as it is. Its exit code is the verdict's.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCENARIOS = ("basic", "peak", "sustained", "spike")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", default="basic", choices=SCENARIOS, help="default: %(default)s")
    parser.add_argument("--fault", default="", help="a fault of the target: python serve.py --help lists them")
    options, for_swell = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="muejam-") as folder:
        serve = [sys.executable, str(HERE / "serve.py"), "--port", "0", "--exit-with-parent"]
        serve += ["--tokens", folder, "--fault", options.fault]
        with subprocess.Popen(
            serve,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C ends the test in good order, which needs a target to the last
        ) as target:
            try:
                url = (target.stdout.readline() if target.stdout else "").strip()
                if not url:
                    return 2  # the target has said why
                command = [sys.executable, "-m", "swell", "run", str(HERE / "loadtest.py"), "--host", url]
                command += ["--profile", options.scenario, *for_swell]
                environment = {**os.environ, "MUEJAM_TOKENS": folder}
                return _wait(subprocess.Popen(command, env=environment))
            finally:
                target.terminate()


def _wait(process: subprocess.Popen[bytes]) -> int:
    # Ctrl-C reaches the test too, which then ends in good order and prints its summary: wait for that.
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


if __name__ == "__main__":
    sys.exit(main())
