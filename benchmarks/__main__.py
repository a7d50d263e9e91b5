"""All benchmarks: `python -m benchmarks`. Needs nginx and two processors; peers that are not installed are skipped."""

from __future__ import annotations

from benchmarks import limits, rates

if __name__ == "__main__":
    raise SystemExit(max(limits.main(), rates.main()))
