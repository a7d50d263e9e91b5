"""Calls `swell run` for the other benchmarks and reads its JSON summary."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parent / "scripts"


def swell_run(script: str, *options: str, processor: int | None = None) -> dict[str, Any]:
    """The summary of one run of a script in `scripts/`. SystemExit with the output when there is none."""
    with tempfile.TemporaryDirectory() as folder:
        summary = Path(folder) / "summary.json"
        pin = [] if processor is None else ["taskset", "-c", str(processor)]
        command = [*pin, sys.executable, "-m", "swell", "run", str(SCRIPTS / script), "-q", "--no-store", *options]
        done = subprocess.run(
            [*command, "--json", str(summary)], capture_output=True, text=True, timeout=600, check=False
        )
        if not summary.exists():
            raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        return json.loads(summary.read_text())


def values(summary: dict[str, Any], metric: str) -> dict[str, Any]:
    """The values of one metric of a summary."""
    return summary["metrics"][metric]["values"]


def report(claim: str, value: str, floor: str, *, held: bool) -> bool:
    """Print one line of a benchmark; gives `held` back."""
    print(f"{claim:58} {value:>24}   {floor:>16}  {'ok' if held else 'MISSED'}", flush=True)
    return held
