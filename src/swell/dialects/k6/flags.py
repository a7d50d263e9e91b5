"""The command line of `k6 run` as data, and its parser: every flag that k6 has or had, and Swell's own beside them.

Rules: pure. The grammar is that of k6's flag library: `--name value`, `--name=value`, `-n value`, `-nvalue`; switches
take a value only with `=`; flags and files may be mixed. What cannot work here is refused with a reason, what means
nothing here is accepted in silence. Names are in the manual (docs/k6.md); a test holds them together.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from swell.dialects.k6.option_values import OptionError, truth

__all__ = ["FLAGS", "Flag", "Given", "help_text", "parse"]

Kind = Literal["switch", "value", "list", "optional"]


class Flag(NamedTuple):
    """One flag. `option`: the option of k6 that it sets. `refused`: why it cannot work here."""

    name: str
    kind: Kind = "value"
    short: str = ""
    help: str = ""
    option: str = ""
    metavar: str = ""
    group: str = "Options of the test"
    refused: str = ""
    bare: str = ""
    """What a flag of kind "optional" means without a value."""


def _of(option: str, name: str, help_: str, kind: Kind = "value", **more: Any) -> Flag:
    return Flag(name, kind, help=help_, option=option, **more)


_RUN, _SWELL, _OLD = "Options of the run", "Options of Swell", "Accepted, without effect here"

FLAGS: tuple[Flag, ...] = (
    _of("vus", "vus", "number of virtual users", short="u", metavar="N"),
    _of("duration", "duration", "how long the test lasts", short="d", metavar="TIME"),
    _of("iterations", "iterations", "iterations shared by all VUs", short="i", metavar="N"),
    _of("stages", "stage", "add a stage: TIME:VUS; repeatable", "list", short="s", metavar="TIME:N"),
    _of("paused", "paused", "start paused; resume with `swell k6 resume`", "switch", short="p"),
    _of("executionSegment", "execution-segment", "part of the test to run", metavar="FROM:TO"),
    _of("executionSegmentSequence", "execution-segment-sequence", "the whole sequence of parts", metavar="A,B"),
    _of("noSetup", "no-setup", "do not run setup()", "switch"),
    _of("noTeardown", "no-teardown", "do not run teardown()", "switch"),
    _of("minIterationDuration", "min-iteration-duration", "shortest time of an iteration", metavar="TIME"),
    _of("throw", "throw", "throw errors of failed requests", "switch", short="w"),
    _of("maxRedirects", "max-redirects", "redirects to follow (10)", metavar="N"),
    _of("batch", "batch", "requests of a batch at once (20)", metavar="N"),
    _of("batchPerHost", "batch-per-host", "requests of a batch to one host at once (6)", metavar="N"),
    _of("rps", "rps", "most requests per second", metavar="N"),
    _of("userAgent", "user-agent", "header User-Agent", metavar="TEXT"),
    _of("httpDebug", "http-debug", "log requests and responses", "optional", bare="headers", metavar="full"),
    _of("insecureSkipTLSVerify", "insecure-skip-tls-verify", "do not verify TLS certificates", "switch"),
    _of("noConnectionReuse", "no-connection-reuse", "a new connection for each request", "switch"),
    _of("noVUConnectionReuse", "no-vu-connection-reuse", "new connections for each iteration", "switch"),
    _of("discardResponseBodies", "discard-response-bodies", "read bodies without keeping them", "switch"),
    _of("blacklistIPs", "blacklist-ip", "address ranges not to be called", "list", metavar="CIDR"),
    _of("blockHostnames", "block-hostnames", "host names not to be called", "list", metavar="NAME"),
    _of("localIPs", "local-ips", "addresses to send from", metavar="IP"),
    _of("dns", "dns", "how names are looked up", metavar="K=V"),
    _of("tags", "tag", "a tag on all samples: NAME=VALUE; repeatable", "list", metavar="K=V"),
    _of("systemTags", "system-tags", "tags that outputs get", metavar="A,B"),
    _of("summaryTrendStats", "summary-trend-stats", "statistics of trends in the summary", metavar="A,B"),
    _of("summaryTimeUnit", "summary-time-unit", "unit of times in the summary: s, ms, us", metavar="UNIT"),
    Flag("no-thresholds", "switch", help="do not judge thresholds", group=_RUN),
    Flag("no-summary", "switch", help="print no summary", group=_RUN),
    Flag("summary-mode", help="compact, full, legacy or disabled", metavar="MODE", group=_RUN),
    Flag("summary-export", help="write the summary as JSON", metavar="FILE", group=_RUN),
    Flag("new-machine-readable-summary", "switch", help="the new form of --summary-export", group=_RUN),
    Flag("env", "list", "e", "a variable for __ENV: NAME=VALUE; repeatable", metavar="K=V", group=_RUN),
    Flag("include-system-env-vars", "switch", help="__ENV has the environment (default)", group=_RUN),
    Flag("type", short="t", help="js or archive", metavar="TYPE", group=_RUN),
    Flag("console-output", help="write what the script prints to a file", metavar="FILE", group=_RUN),
    Flag(
        "out",
        "list",
        "o",
        "send samples: json=FILE, csv=FILE, influxdb=URL, ...; repeatable",
        metavar="NAME=ARG",
        group=_RUN,
    ),
    Flag("linger", "switch", "l", "stay after the test, until Ctrl-C", group=_RUN),
    Flag("config", short="c", help="JSON file with options", metavar="FILE", group=_RUN),
    Flag("log-output", help="stderr, stdout, none or file=PATH", metavar="WHERE", group=_RUN),
    Flag("log-format", help="text, json or raw", metavar="FORMAT", group=_RUN),
    Flag("no-color", "switch", help="no colours", group=_RUN),
    Flag("verbose", "switch", "v", "debug lines in the log", group=_RUN),
    Flag("quiet", "switch", "q", "no progress", group=_RUN),
    Flag("address", short="a", help="serve the REST API (localhost:6565)", metavar="HOST:PORT", group=_RUN),
    Flag("secret-source", "list", help="file=PATH, mock=K=V or env; repeatable", metavar="SOURCE", group=_RUN),
    Flag("scenario", "list", help="run only this scenario; repeatable", metavar="NAME", group=_SWELL),
    Flag("processes", help="worker processes (1); auto", metavar="N", group=_SWELL),
    Flag("threshold", "list", help="one more criterion in Swell's grammar; repeatable", metavar="EXPR", group=_SWELL),
    Flag("thresholds", "list", help="a file with one criterion a line; repeatable", metavar="FILE", group=_SWELL),
    Flag("fail-on-checks", "switch", help="a failed check fails the run", group=_SWELL),
    Flag("fail-on-exceptions", "switch", help="an uncaught exception fails the run", group=_SWELL),
    Flag("time-scale", help="make the load X times as long", metavar="X", group=_SWELL),
    Flag("load-scale", help="make the load X times as large", metavar="X", group=_SWELL),
    Flag("html", help="write a report as one HTML file", metavar="FILE", group=_SWELL),
    Flag("summary-json", help="write Swell's summary as JSON", metavar="FILE", group=_SWELL),
    Flag("junit", help="write the criteria as a JUnit file", metavar="FILE", group=_SWELL),
    Flag("markdown", help="write a summary as Markdown", metavar="FILE", group=_SWELL),
    Flag("web", "optional", help="show the run in a browser", metavar="HOST:PORT", group=_SWELL),
    Flag(
        "baseline",
        "optional",
        help="compare with this baseline; a regression fails the run",
        metavar="NAME",
        group=_SWELL,
        bare="default",
    ),
    Flag("margin", help="with --baseline: smaller changes do not matter (5%)", metavar="X%", group=_SWELL),
    Flag("strict", "switch", help="exit with 1 also for a WARN", group=_SWELL),
    Flag("store", help="keep the run there", metavar="URL", group=_SWELL),
    Flag("no-store", "switch", help="do not keep the run", group=_SWELL),
    Flag(
        "vendor", "list", help="a folder with remote modules as HOST/PATH; repeatable", metavar="FOLDER", group=_SWELL
    ),
    Flag("help", "switch", "h", "show this text", group=_RUN),
    Flag("compatibility-mode", group=_OLD, metavar="MODE"),
    Flag("no-usage-report", "switch", group=_OLD),
    Flag("features", group=_OLD, metavar="A,B"),
    Flag("profiling-enabled", "switch", group=_OLD),
    Flag("upload-only", "switch", refused="results cannot be sent to Grafana Cloud from here"),
    Flag("traces-output", refused="traces are not supported; `--out opentelemetry` sends metrics"),
)
"""All flags of `run`."""

_BY_NAME = {flag.name: flag for flag in FLAGS}
_BY_NAME["tags"] = _BY_NAME["tag"]  # as people write it
_BY_SHORT = {flag.short: flag for flag in FLAGS if flag.short}


class Given(NamedTuple):
    """A command line, read. `flags`: by name; switches are booleans, lists are lists of texts."""

    flags: dict[str, Any]
    files: list[str]

    def one(self, name: str, default: str = "") -> str:
        """The value of a flag."""
        return self.flags.get(name, default)

    def many(self, name: str) -> list[str]:
        """The values of a repeatable flag."""
        return self.flags.get(name, [])

    def has(self, name: str) -> bool:
        """Whether a switch is on."""
        return bool(self.flags.get(name, False))


def parse(argv: Sequence[str]) -> Given:
    """Read a command line. Raises OptionError for what is no flag, and for flags that cannot work here."""
    flags: dict[str, Any] = {}
    files: list[str] = []
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if word == "--":
            files += rest
            break
        if word.startswith("--"):
            name, sign, value = word[2:].partition("=")
            _take(flags, _named(name), value if sign else None, rest, f"--{name}")
        elif word.startswith("-") and word != "-":
            _short(flags, word, rest)
        else:
            files.append(word)
    return Given(flags, files)


def _short(flags: dict[str, Any], word: str, rest: list[str]) -> None:
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        flag = _BY_SHORT.get(letter)
        if flag is None:
            raise OptionError("", f"there is no flag -{letter} (in {word}); see: swell k6 run --help")
        if flag.kind == "switch" and not letters.startswith("="):
            _take(flags, flag, None, rest, f"-{letter}")
            continue
        value = letters.removeprefix("=") if letters else None
        _take(flags, flag, value, rest, f"-{letter}")
        return


def _named(name: str) -> Flag:
    flag = _BY_NAME.get(name)
    if flag is None:
        close = difflib.get_close_matches(name, _BY_NAME, 1)
        hint = f"did you mean --{close[0]}?" if close else "see: swell k6 run --help"
        raise OptionError("", f"there is no flag --{name}; {hint}")
    return flag


def _take(flags: dict[str, Any], flag: Flag, value: str | None, rest: list[str], shown: str) -> None:
    if flag.refused:
        raise OptionError(shown, flag.refused)
    match flag.kind:
        case "switch":
            wrong = OptionError(shown, f"is on or off: {shown}=true or {shown}=false, not {value!r}")
            flags[flag.name] = True if value is None else truth(value, wrong)
        case "optional":
            flags[flag.name] = flag.bare if value is None else value
        case _:
            if value is None:
                if not rest:
                    raise OptionError(shown, f"needs a value: {shown} {flag.metavar}")
                value = rest.pop(0)
            if flag.kind == "list":
                flags.setdefault(flag.name, []).append(value)
            else:
                flags[flag.name] = value


def help_text() -> str:
    """The text of `--help`."""
    lines = ["Usage: swell k6 run [flags] SCRIPT", "", "Run a k6 script: a file, an archive (.tar) or - for stdin."]
    for group in dict.fromkeys(flag.group for flag in FLAGS if not flag.refused):
        lines += ["", f"{group}:"]
        for flag in FLAGS:
            if flag.group != group or flag.refused:
                continue
            name = f"-{flag.short}, --{flag.name}" if flag.short else f"    --{flag.name}"
            if flag.kind == "optional":
                name += f"[={flag.metavar}]"
            elif flag.kind != "switch":
                name += f" {flag.metavar}"
            lines.append(f"  {name:<38} {flag.help}".rstrip())
    return "\n".join(lines) + "\n"
