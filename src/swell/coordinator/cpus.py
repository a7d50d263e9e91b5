"""How many processors this process may use: what `--processes auto` is made of.

Rules: affinity first, then the quota of the control group (containers), never the raw machine count; at least
1.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

__all__ = ["auto_processes", "available_cpus", "cgroup_quota"]

_CGROUP = Path("/sys/fs/cgroup")


def auto_processes() -> int:
    """Workers for `--processes auto`: one processor is left to the coordinator and the operating system."""
    return max(1, available_cpus() - 1)


def available_cpus() -> int:
    """Whole processors that this process can keep busy at once."""
    affinity = getattr(os, "sched_getaffinity", None)  # absent on macOS
    cpus = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    quota = cgroup_quota(_CGROUP)
    if quota is not None:
        cpus = min(cpus, math.floor(quota))
    return max(1, cpus)


def cgroup_quota(root: Path) -> float | None:
    """Processors granted by a control group mounted at `root` (version 2, then 1); None without a limit."""
    try:
        quota, period = (root / "cpu.max").read_text().split()[:2]
    except (OSError, ValueError):
        quota, period = _version_1(root)
    try:
        return float(quota) / float(period) if float(quota) > 0 and float(period) > 0 else None
    except ValueError:  # "max": no limit
        return None


def _version_1(root: Path) -> tuple[str, str]:
    try:
        quota = (root / "cpu" / "cpu.cfs_quota_us").read_text().strip()
        period = (root / "cpu" / "cpu.cfs_period_us").read_text().strip()
    except OSError:
        return "max", "1"
    return quota, period
