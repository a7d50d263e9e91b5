"""The command `swell`, also as `python -m swell`.

Rules: nothing is imported before the interrupt has its handler, so that Ctrl-C in the first moment ends in a line too.
"""

from __future__ import annotations

import sys

_INTERRUPTED = 130


def main() -> int:
    """Run the command line; returns the exit code."""
    try:
        from swell.cli.main import main as run  # noqa: PLC0415 - see the rules above

        return run()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
