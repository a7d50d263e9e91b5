"""Options of Locust that cannot work here: why, and what to use.

Rules: pure. An option that would change nothing without a page (--web-port and the like) is no reason to refuse a
headless run.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["Refusal", "refusal"]


class Refusal(NamedTuple):
    """What to say, and the exit code."""

    message: str
    code: int


def refusal(options: Any) -> Refusal | None:
    """Why this command line cannot run, None if it can."""
    if options.master or options.worker:
        if options.master and options.worker:
            return Refusal("The --master argument cannot be combined with --worker", 255)
        which = "--master" if options.master else "--worker"
        return Refusal(
            f"{which}: Swell does not speak Locust's network protocol. One process of Swell replaces many of Locust's; "
            "for more, add --processes N (or -1 for one per CPU) to the command without --master and --worker",
            2,
        )
    if options.processes is not None and options.processes < -1:
        return Refusal(f"Invalid --processes count {options.processes}", 1)
    if options.otel:
        return Refusal(
            "--otel: OpenTelemetry metrics go out with --out otlp=URL instead, such as --out otlp=http://localhost:4318",
            2,
        )
    if options.autoquit != -1 and not options.autostart:
        return Refusal("--autoquit is only meaningful in combination with --autostart", 1)
    if options.web_base_path and not options.web_base_path.startswith("/"):
        return Refusal(f"Invalid format for --web-base-path argument ({options.web_base_path}): it starts with /", 1)
    if not options.headless and options.web_login:
        return Refusal(
            "--web-login: the page asks for a token instead; set SWELL_WEB_TOKEN and leave the option out", 2
        )
    return None
