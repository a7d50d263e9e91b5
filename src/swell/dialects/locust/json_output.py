"""Locust's JSON: a list with one object for each request name and method.

Rules: keys, their order and the indent are Locust's. Unlike Locust's, printing changes nothing in the statistics.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swell.dialects.locust.request_stats import RequestStats

__all__ = ["json_text", "print_stats_json", "save_stats_json"]


def json_text(stats: RequestStats) -> str:
    """All entries as JSON."""
    return json.dumps(stats.serialize_stats(), indent=4)


def print_stats_json(stats: RequestStats) -> None:
    """Write the JSON to stdout (`--json`)."""
    sys.stdout.write(json_text(stats) + "\n")


def save_stats_json(stats: RequestStats, filename: str) -> None:
    """Write the JSON to FILENAME.json (`--json-file`); missing folders are made. OSError when that fails."""
    path = Path(f"{filename}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json_text(stats), encoding="utf-8")
