"""The command line: `python -m target serve|seed|tokens`."""

from __future__ import annotations

import sys
from pathlib import Path

from swell.demo.target_cli import Target, run_target

from .app import make_app
from .schema import seed
from .settings import FAULTS, Settings
from .tokens import write_tokens

TARGET = Target(
    title="TutorMax",
    settings=Settings(),
    faults=FAULTS,
    make_app=make_app,
    seed=seed,
    write_tokens=write_tokens,
    tokens=Path(__file__).resolve().parent.parent / "feedback_tokens.csv",
)


def main(arguments: list[str] | None = None) -> int:
    return run_target(TARGET, arguments)


if __name__ == "__main__":
    sys.exit(main())
