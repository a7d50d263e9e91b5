"""`python -m swell` is the command `swell`."""

from __future__ import annotations

import sys

from swell.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
