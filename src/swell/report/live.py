"""The calm live view of a running test on a terminal, and its plain cousin for logs.

Rules: progress goes to stderr; stdout belongs to results. The view is drawn when the coordinator says so, never by
a thread of its own, and figures change once a second. Lines that user code prints and notices stand above the view
and stay. What a view cannot write it drops: the run goes on without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from swell.model.threshold import criterion_text, value_text
from swell.model.units import format_count, format_duration, format_rate
from swell.report.console import marks_for
from swell.report.figures import milliseconds, plural, share
from swell.report.recent import Recent, early_warning, phase_words, recent

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from swell.coordinator.state import LiveRun

__all__ = ["LiveView", "PlainProgress", "QuietView", "make_view"]

_NOTICE_STYLES = {"info": "cyan", "warning": "yellow", "error": "bold red"}
_STATE_STYLES = {"ok": "green", "strained": "yellow", "saturated": "bold red"}
_GRADE_STYLES = {"met": "green", "acceptable": "yellow", "failed": "red"}
_PLAIN_EVERY = 10
_MOST_CRITERIA = 8


class QuietView:
    """Shows errors, and what user code prints; nothing else. Base of the others."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._warned = False

    def refresh(self, live: LiveRun) -> None:
        """As `Observer.refresh`."""
        if not self._warned and (warning := early_warning(live)):
            self._warned = True
            self.notice("error", warning)

    def notice(self, level: str, text: str) -> None:
        """As `Observer.notice`."""
        if level == "error":
            self._line(f"error: {text}", _NOTICE_STYLES[level])

    def output(self, worker: int, line: str) -> None:  # noqa: ARG002 - the protocol's signature
        """As `Observer.output`."""
        self._line(line, "")

    def close(self) -> None:
        """As `Observer.close`."""

    def _line(self, text: str, style: str) -> None:
        self._console.print(Text.from_ansi(text, style=style), soft_wrap=True)


class PlainProgress(QuietView):
    """One line every ten seconds, for logs."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._next = _PLAIN_EVERY
        self._phase = ""

    def refresh(self, live: LiveRun) -> None:
        """As `Observer.refresh`."""
        super().refresh(live)
        if live.phase.value != self._phase:
            self._phase = live.phase.value
            if self._phase == "teardown":
                self._line(f"{format_duration(live.seconds)}  {phase_words(live)}", "")
        if live.seconds >= self._next:
            self._next = live.seconds - live.seconds % _PLAIN_EVERY + _PLAIN_EVERY
            self._line(_plain_line(live, recent(live, worst=0)), "")

    def notice(self, level: str, text: str) -> None:
        """As `Observer.notice`."""
        self._line(text if level == "info" else f"{level}: {text}", _NOTICE_STYLES.get(level, ""))


class LiveView(QuietView):
    """The view for a terminal."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._marks = marks_for(console)
        self._recent = Recent()
        self._seconds = -1
        self._live = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False)
        self._live.start()

    def refresh(self, live: LiveRun) -> None:
        """As `Observer.refresh`."""
        super().refresh(live)
        if live.seconds != self._seconds:
            self._seconds = live.seconds
            self._recent = recent(live)
        self._live.update(self._picture(live), refresh=True)

    def notice(self, level: str, text: str) -> None:
        """As `Observer.notice`."""
        self._line(text, _NOTICE_STYLES.get(level, ""))

    def close(self) -> None:
        """As `Observer.close`."""
        self._live.stop()

    def _picture(self, live: LiveRun) -> RenderableType:
        parts: list[RenderableType] = [Text(), self._progress(live)]
        if live.elapsed >= 0 and live.seconds:
            parts += [self._figures(live), self._generator(live)]
            if self._recent.worst:
                parts.append(_worst_table(self._recent))
            if live.results:
                parts.append(self._criteria(live))
        return Group(*parts)

    def _progress(self, live: LiveRun) -> RenderableType:
        grid = Table.grid(padding=(0, 1))
        name = Text(f" {live.plan.name or live.plan.source.path}", style="bold")
        if live.planned and live.phase.value == "running":
            done = min(max(live.elapsed, 0.0), live.planned)
            bar = ProgressBar(total=live.planned, completed=done, width=30)
            grid.add_row(name, bar, Text(phase_words(live)))
        else:
            grid.add_row(name, Text(phase_words(live), style="cyan"))
        return grid

    def _figures(self, live: LiveRun) -> Text:
        now = self._recent
        text = Text(" ")
        _pair(text, "users", format_count(now.users))
        _pair(text, "requests", format_rate(now.rate))
        _pair(text, "failed", share(now.failed), "red" if now.failed else "green")
        if now.dropped:
            _pair(text, "dropped", format_count(now.dropped), "red")
        text.append(f"   {format_count(now.total)} in all, {format_count(now.total_failed)} failed", style="dim")
        text.append("\n ")
        for word, value in (("p50", now.p50), ("p95", now.p95), ("p99", now.p99)):
            _pair(text, word, "-" if value is None else milliseconds(value))
        if live.lost:
            text.append(f"   {plural(len(live.lost), 'worker')} lost", style="bold red")
        return text

    def _generator(self, live: LiveRun) -> Text:
        state = live.health.state_now
        text = Text(" ")
        cpu = max((float(record.get("cpu", 0.0)) for record in live.health.latest.values()), default=0.0)
        _pair(text, "generator", f"{state.upper()} (CPU {share(cpu)})", _STATE_STYLES.get(state, ""))
        if live.health.state != state:
            _pair(text, "was", live.health.state.upper(), _STATE_STYLES.get(live.health.state, ""))
        return text

    def _criteria(self, live: LiveRun) -> Text:
        text = Text()
        ordered = sorted(live.results, key=lambda r: {"failed": 0, "acceptable": 1}.get(r.grade, 2))
        for place, result in enumerate(ordered[:_MOST_CRITERIA]):
            criterion = result.criterion
            value = "no data yet" if result.value is None else value_text(criterion, result.value)
            mark = self._marks.of_grade(result.grade)
            line = f"{'' if place == 0 else chr(10)} {mark} {criterion.source or criterion_text(criterion)}"
            text.append(line, style=_GRADE_STYLES.get(result.grade, "dim"))
            text.append(f"  {value}", style="dim")
        if len(ordered) > _MOST_CRITERIA:
            text.append(f"\n   and {plural(len(ordered) - _MOST_CRITERIA, 'more threshold')}", style="dim")
        return text


def make_view(console: Console, *, quiet: bool) -> QuietView:
    """The view that suits the console."""
    if quiet:
        return QuietView(console)
    return LiveView(console) if console.is_terminal else PlainProgress(console)


def _plain_line(live: LiveRun, now: Recent) -> str:
    parts = [
        format_duration(live.seconds),
        plural(now.users, "user"),
        format_rate(now.rate).replace("/s", " requests/s"),
        f"{share(now.failed)} failed",
    ]
    if now.p50 is not None and now.p95 is not None and now.p99 is not None:
        parts += [f"p50 {milliseconds(now.p50)}", f"p95 {milliseconds(now.p95)}", f"p99 {milliseconds(now.p99)}"]
    if now.dropped:
        parts.append(f"{format_count(now.dropped)} dropped")
    if live.health.state_now != "ok":
        parts.append(f"generator {live.health.state_now.upper()}")
    parts += [f"failing: {r.criterion.source}" for r in live.results if r.grade == "failed"]
    return "  ".join(parts)


def _pair(text: Text, label: str, value: str, style: str = "bold") -> None:
    if not text.plain.endswith("\n ") and len(text) > 1:
        text.append("   ")
    text.append(f"{label} ", style="dim")
    text.append(value, style=style)


def _worst_table(now: Recent) -> Table:
    table = Table.grid(padding=(0, 2))
    for endpoint in now.worst:
        table.add_row(
            Text(f" {endpoint.name}", overflow="ellipsis", no_wrap=True),
            Text(format_rate(endpoint.rate), style="dim"),
            Text(f"p95 {'-' if endpoint.p95 is None else milliseconds(endpoint.p95)}"),
            Text(f"{share(endpoint.failed)} failed", style="red" if endpoint.failed else "dim"),
        )
    return table
