"""Serve the Music 'n Me stand-in from anywhere: `python examples/musicnme/serve.py --port 5000` (the default)."""

import sys

from target.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))
