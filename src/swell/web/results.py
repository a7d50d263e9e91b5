"""What a finished run leaves to download from the page.

Rules: made when somebody asks, in the thread that owns the store, and kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swell.analysis.comparison import Comparison
    from swell.metrics.store import MetricStore
    from swell.runs.record import Run

__all__ = ["Results"]


class Results:
    """Files made of one run, with the comparison if there is one.

    The store must stay open as long as this is asked for files.
    """

    def __init__(self, run: Run, store: MetricStore, comparison: Comparison | None = None) -> None:
        self.run = run
        self._comparison = comparison
        self._store = store
        self._made: dict[str, bytes] = {}

    def close(self) -> None:
        """Give up the store."""
        self._store.close()

    def names(self) -> list[str]:
        """What can be asked for."""
        return ["report.html", "summary.json", "summary.md", "junit.xml"]

    def file(self, name: str) -> bytes | None:
        """The file of this name; None if there is none."""
        if name not in self.names():
            return None
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> bytes:
        if name == "summary.json":
            from swell.report.summary_json import encode_summary  # noqa: PLC0415 - only where it is wanted

            return encode_summary(self.run, self._comparison).encode()
        if name == "summary.md":
            from swell.report.markdown import markdown_text  # noqa: PLC0415 - as above

            return markdown_text(self.run).encode()
        if name == "junit.xml":
            from swell.report.junit import junit_text  # noqa: PLC0415 - as above

            return junit_text(self.run, self._comparison).encode()
        from swell.report.html import render  # noqa: PLC0415 - as above

        return render(self.run, self._store, self._comparison).encode()
