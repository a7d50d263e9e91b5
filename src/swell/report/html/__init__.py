"""The report of a run as one HTML file that needs nothing else: `write_report(run, store, path)`.

Rules: reads the record and the store, never the engine. Everything that was measured or typed is escaped. The
file asks no other machine for anything, and its tables can be read without its scripts.
"""

from __future__ import annotations

from swell.report.html.page import render, write_report

__all__ = ["render", "write_report"]
