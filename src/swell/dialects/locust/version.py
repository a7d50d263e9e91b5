"""The version of Locust whose behaviour this dialect has."""

from __future__ import annotations

__all__ = ["LOCUST_VERSION"]

LOCUST_VERSION = "2.47.0"
