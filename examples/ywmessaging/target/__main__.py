"""The command line: `python -m target serve|seed`."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

from swell.demo.target_cli import Target, run_target

from .app import make_app
from .schema import seed
from .settings import FAULTS, Settings

_SETTINGS = Settings()
TARGET = Target(
    title="YWMESSAGING",
    settings=replace(_SETTINGS, admin_token=os.environ.get("ADMIN_TOKEN") or _SETTINGS.admin_token),
    faults=FAULTS,
    make_app=make_app,
    seed=seed,
    port=3000,
)


def main(arguments: list[str] | None = None) -> int:
    return run_target(TARGET, arguments)


if __name__ == "__main__":
    sys.exit(main())
