"""`swell k6 inspect [--execution-requirements] SCRIPT`: the options of a test as JSON, without running it.

Rules: keys and their order are k6's, what is not set is null. With the flag the scenarios stand as they would run,
with the time and the VUs that they need. Nothing is sent anywhere.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

import click

from swell.dialects.k6.inspect_requirements import duration_text, requirements
from swell.dialects.k6.tool_source import ToolError, load_for_tool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["KEYS", "inspect_document", "main"]

KEYS: tuple[str, ...] = (
    *("paused", "vus", "duration", "iterations", "stages", "scenarios", "executionSegment"),
    *("executionSegmentSequence", "noSetup", "setupTimeout", "noTeardown", "teardownTimeout", "rps", "dns"),
    *("maxRedirects", "userAgent", "batch", "batchPerHost", "httpDebug", "insecureSkipTLSVerify", "tlsCipherSuites"),
    *("tlsVersion", "tlsAuth", "throw", "thresholds", "blacklistIPs", "blockHostnames", "hosts", "noConnectionReuse"),
    *("noVUConnectionReuse", "minIterationDuration", "ext", "summaryTrendStats", "summaryTimeUnit", "systemTags"),
    *("tags", "metricSamplesBufferSize", "noCookiesReset", "discardResponseBodies", "consoleOutput", "localIPs"),
)
"""The options that are always shown, in this order; others follow as they are."""


def inspect_document(
    options: Mapping[str, Any], scenarios: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """What is shown; with `scenarios` (as they would run) also what they need."""
    document: dict[str, Any] = {key: options.get(key) for key in KEYS}
    document |= {key: value for key, value in options.items() if key not in document}
    if scenarios is None:
        return document
    needed = requirements(scenarios)
    document["scenarios"] = {name: dict(scenario) for name, scenario in scenarios.items()}
    return document | {"totalDuration": duration_text(needed.seconds), "maxVUs": needed.max_vus}


def main(argv: Sequence[str]) -> int:
    """Print the options of the test on `argv`; returns the exit code."""
    parser = argparse.ArgumentParser(prog="swell k6 inspect", description="show the options of a test", add_help=False)
    parser.add_argument("--execution-requirements", action="store_true")
    options, rest = parser.parse_known_args(argv)
    if not rest or {"-h", "--help"} & set(rest):
        click.echo(
            "Usage: swell k6 inspect [--execution-requirements] [OPTIONS OF RUN] SCRIPT\n\n" + (main.__doc__ or "")
        )
        return 0 if rest else 2
    try:
        test = load_for_tool(rest)
        document = inspect_document(test.options, test.scenarios if options.execution_requirements else None)
    except ToolError as error:
        click.echo(f"Error: {error}", err=True)
        return error.exit_code
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    return 0
