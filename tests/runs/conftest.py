"""Runs to store: the records and measurements of the report's tests."""

from __future__ import annotations

from tests.report.conftest import good_run

__all__ = ["good_run"]
