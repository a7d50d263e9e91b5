"""`--processes auto` respects what a container grants."""

from __future__ import annotations

from pathlib import Path

import pytest

from swell.coordinator.cpus import auto_processes, available_cpus, cgroup_quota


@pytest.mark.parametrize(
    ("text", "quota"), [("max 100000", None), ("150000 100000", 1.5), ("400000 100000", 4.0), ("junk", None)]
)
def test_quota_of_control_groups_version_2(tmp_path: Path, text: str, quota: float | None) -> None:
    """cpu.max is quota over period; max means none."""
    (tmp_path / "cpu.max").write_text(text + "\n")
    assert cgroup_quota(tmp_path) == quota


@pytest.mark.parametrize(("value", "quota"), [("-1", None), ("200000", 2.0)])
def test_quota_of_control_groups_version_1(tmp_path: Path, value: str, quota: float | None) -> None:
    """-1 means no limit."""
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(value)
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000")
    assert cgroup_quota(tmp_path) == quota


def test_auto_leaves_one_processor_and_is_at_least_one() -> None:
    """One less than what is available, never none."""
    assert auto_processes() == max(1, available_cpus() - 1)
