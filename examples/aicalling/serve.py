"""Serve the AI Calling Platform's stand-in from anywhere: `python examples/aicalling/serve.py --port 3000`."""

import sys

from target.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))
