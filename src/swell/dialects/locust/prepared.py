"""What is known of a test after it was loaded once, on its way from the process that loads it to the front door.

Rules: it goes between processes as a pickle, so it holds data only, and what it is made of loads nothing of the test.
"""

from __future__ import annotations

import msgspec

from swell.dialects.locust.page_form import PageForm
from swell.model.plan import Plan
from swell.report.files import Files

__all__ = ["Prepared"]


class Prepared(msgspec.Struct):
    """What is known after the test was loaded once: an exit code, or a plan and the options for the shell."""

    code: int = 0
    plan: Plan | None = None
    notes: list[str] = []
    files: Files = Files()
    out: list[str] = []
    store: str | None = None
    strict: bool = False
    thresholds: bool = False
    baseline: str | None = None
    margin: str = ""
    page: PageForm | None = None
    """The page that was asked for; None for a run without one."""
