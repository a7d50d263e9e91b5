"""Serve the TutorMax stand-in from anywhere: `python examples/tutormax/serve.py --port 8000`."""

import sys

from target.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))
