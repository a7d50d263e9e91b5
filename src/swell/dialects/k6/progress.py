"""What `k6 run` shows while a test runs: what it is going to do, and how far it is.

Rules: as k6's, on stdout: on a terminal the last lines are drawn anew several times a second, elsewhere one line for
the run and one for each scenario every second. Lines of the log go to stderr (or where `--log-output` says) above.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TextIO

from swell.dialects.k6.executors import describe
from swell.dialects.k6.inspect_requirements import duration_text, requirements, seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from swell.coordinator.state import LiveRun

__all__ = ["Progress", "head_text"]

_WIDTH = 30
_EVERY = 1.0


def head_text(
    script: str,
    scenarios: Mapping[str, Mapping[str, Any]],
    outputs: Sequence[str],
    dashboard: str = "",
    share: float = 1.0,
) -> str:
    """What a test is going to do; `share` of it in this instance."""
    needed = requirements(scenarios)
    several = "" if len(scenarios) == 1 else "s"
    infinite = any(
        each["executor"] == "externally-controlled" and seconds_of(each["duration"]) == 0 for each in scenarios.values()
    )
    length = "infinite" if infinite else duration_text(needed.seconds)
    lines = ["", "     execution: local", f"        script: {script}"]
    lines.append(f"        output: {', '.join(outputs) or '-'}")
    if dashboard:
        lines.append(f" web dashboard: {dashboard}")
    lines += [
        "",
        (
            f"     scenarios: ({share:.2%}) {len(scenarios)} scenario{several}, {needed.max_vus} max VUs, {length} max"
            " duration (incl. graceful stop):"
        ),
    ]
    lines += [f"              * {name}: {describe(scenario)}" for name, scenario in scenarios.items()]
    return "\n".join([*lines, "", ""])


class Progress:
    """An observer that draws; `log(line)` writes a line of the log above."""

    def __init__(
        self,
        scenarios: Mapping[str, Mapping[str, Any]],
        *,
        quiet: bool,
        write_log: Callable[[str], None],
        log: Callable[[str, str], str],
        stream: TextIO | None = None,
    ) -> None:
        self._scenarios = scenarios
        self._stream: TextIO = sys.stdout if stream is None else stream
        self._quiet = quiet
        self._tty = not quiet and self._stream.isatty()
        self._write_log = write_log
        self._line = log
        self._drawn = 0
        self._last: list[str] = []
        self._shown_at = 0.0
        self._live: LiveRun | None = None
        self._names = max((len(name) for name in scenarios), default=0)
        self.interrupted = 0

    # What the coordinator calls.

    def refresh(self, live: LiveRun) -> None:
        """As `Observer.refresh`."""
        if self._quiet or live.elapsed <= 0:
            return
        self._live = live
        if str(live.phase.value) not in {"running", "stopping"}:
            return
        if not self._tty and live.elapsed - self._shown_at < _EVERY:
            return
        self._shown_at = float(int(live.elapsed))
        self._draw(self.lines(live))

    def notice(self, level: str, text: str) -> None:
        """As `Observer.notice`."""
        if level != "info" and not text.startswith("the test ended"):
            self.say("warn" if level == "warning" else level, text)

    def output(self, worker: int, line: str) -> None:
        """As `Observer.output`: the workers format what they log."""
        del worker
        self.write(line)

    def close(self) -> None:
        """As `Observer.close`: the last state stays on the screen."""
        if self._live is not None and not self._quiet:
            self._draw(self.lines(self._live))
        self._drawn = 0

    # Drawing.

    def say(self, level: str, text: str) -> None:
        """A line of the log of our own."""
        self.write(self._line(level, text))

    def write(self, line: str) -> None:
        """A line of the log as it stands."""
        drawn = self._drawn
        self._wipe()
        self._write_log(line)
        if drawn:
            self._draw(self._last)

    def lines(self, live: LiveRun) -> list[str]:
        """The run, then each scenario."""
        store = live.store
        users = store.users()
        active = users[-1] if users else 0
        total = store.totals("iterations")
        most = store.totals("vus_max")
        done = int(total.sum) if total is not None else 0
        made = int(most.last) if most is not None else active
        counts = f"{done} complete and {self.interrupted} interrupted iterations"
        lines = [f"running ({_clock(live.elapsed)}), {active:03d}/{made:03d} VUs, {counts}"]
        for name, scenario in self._scenarios.items():
            lines.append(self._scenario_line(live, name, scenario))
        return lines

    def _scenario_line(self, live: LiveRun, name: str, scenario: Mapping[str, Any]) -> str:
        store, kind = live.store, scenario["executor"]
        start = seconds_of(scenario["startTime"])
        elapsed = max(0.0, live.elapsed - start)
        vus = store.totals("vus", {"scenario": name})
        shown = f"{int(vus.last) if vus is not None else 0} VUs"
        found = store.totals("iterations", {"scenario": name})
        done = int(found.sum) if found is not None else 0
        match kind:
            case "shared-iterations":
                length, whole = seconds_of(scenario["maxDuration"]), scenario["iterations"]
                share, tail = done / whole, f"{done}/{whole} shared iters"
            case "per-vu-iterations":
                length, whole = seconds_of(scenario["maxDuration"]), scenario["iterations"] * scenario["vus"]
                share, tail = done / whole, f"{done}/{whole} iters, {scenario['iterations']} per VU"
            case _:
                stages = scenario.get("stages")
                length = seconds_of(scenario.get("duration")) if stages is None else _total(stages)
                share, tail = elapsed / length if length else 0.0, ""
                if "preAllocatedVUs" in scenario and found is not None:
                    tail = f"{done / max(min(elapsed, length or elapsed), 1.0):.2f} iters/s"
        mark = " " if live.elapsed >= start else "•"
        over = share >= 1 or (length and elapsed >= length)
        if over:
            mark, share = "✓", 1.0
        limit = f"/{duration_text(length)}" if length else ""
        clock = f"{_clock(min(elapsed, length) if length else elapsed)}{limit}"
        return f"{name:<{self._names}} {mark} {_bar(share)} {shown}  {clock}  {tail}".rstrip()

    def _draw(self, lines: list[str]) -> None:
        self._wipe()
        self._last = lines
        try:
            if self._tty:
                self._stream.write("\n".join(lines) + "\n")
                self._drawn = len(lines)
            else:
                self._stream.write("\n".join(["", *lines]) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._quiet = True

    def _wipe(self) -> None:
        if self._drawn:
            self._stream.write(f"\x1b[{self._drawn}F\x1b[0J")
            self._stream.flush()
            self._drawn = 0


def _bar(share: float) -> str:
    filled = int(min(1.0, max(0.0, share)) * _WIDTH)
    inner = "=" * filled if filled == _WIDTH else "=" * filled + ">" + "-" * (_WIDTH - filled - 1)
    return f"[{inner}] {min(1.0, max(0.0, share)) * 100:3.0f}%"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(0.0, seconds), 60)
    return f"{int(minutes)}m{rest:04.1f}s"


def _total(stages: Sequence[Mapping[str, Any]]) -> float:
    return sum(seconds_of(stage["duration"]) for stage in stages)
