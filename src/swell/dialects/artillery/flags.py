"""The command lines of `artillery run` and `artillery quick` as data, and their parser.

Rules: pure. Flags are Artillery's, those of older versions too, with Swell's own beside them: `--name value`,
`--name=value`, `-n value`, `-nvalue`, anywhere among the files. What cannot work here is refused with a reason, what
means nothing here is accepted in silence. A test holds names and manual (docs/artillery.md) together.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Literal, NamedTuple

from swell.dialects.artillery.mistakes import ScriptError

__all__ = ["QUICK_FLAGS", "REPORT_FLAGS", "RUN_FLAGS", "Flag", "Parsed", "help_text", "parse"]

_OF_SWELL = "Options of Swell"
_IGNORED = "Accepted, without effect here"


class Flag(NamedTuple):
    """One flag. `refused`: why it cannot work here. `aliases` are further long names.

    The value of an `optional` one may be left out; a word after it that looks like a script or a URL is none.
    """

    name: str
    short: str = ""
    kind: Literal["value", "list", "switch", "optional"] = "value"
    help: str = ""
    metavar: str = "TEXT"
    group: str = "Options"
    aliases: tuple[str, ...] = ()
    refused: str = ""


_SCRIPTS = (".yml", ".yaml", ".json")
_CLOUD = "results cannot be sent to Artillery Cloud from here; use --html, --web or --out"
_PLATFORM = "only the local platform is supported; for more load use --processes"

_SWELL: tuple[Flag, ...] = (
    Flag(
        "console", "", help="style of the console: new, or classic as in Artillery 1", metavar="STYLE", group=_OF_SWELL
    ),
    Flag("strict-compat", "", "switch", "do as Artillery: checks count only where their plugin is on", group=_OF_SWELL),
    Flag("threshold", "", "list", "a criterion, such as 'http_req_duration: p(95) < 500ms'", "EXPR", _OF_SWELL),
    Flag("processes", "", help="worker processes (1)", metavar="N|auto", group=_OF_SWELL),
    Flag("seed", "", help="makes everything random repeatable", metavar="N", group=_OF_SWELL),
    Flag("html", "", help="write Swell's report as one HTML file", metavar="FILE", group=_OF_SWELL),
    Flag("summary-json", "", help="write Swell's summary as JSON", metavar="FILE", group=_OF_SWELL),
    Flag("junit", "", help="write the criteria as a JUnit file", metavar="FILE", group=_OF_SWELL),
    Flag("markdown", "", help="write a summary as Markdown", metavar="FILE", group=_OF_SWELL),
    Flag("out", "", "list", "send measurements while the run goes on: NAME=ARG", "NAME=ARG", _OF_SWELL),
    Flag("web", "", "switch", "show the run in a browser while it goes on", group=_OF_SWELL),
    Flag("baseline", "", "optional", "compare with this baseline of the store (default)", "[NAME]", _OF_SWELL),
    Flag("margin", "", help="with --baseline: smaller changes do not matter (5%)", metavar="SHARE", group=_OF_SWELL),
    Flag("store", "", help="keep the run there: a path or postgresql://...", metavar="URL", group=_OF_SWELL),
    Flag("no-store", "", "switch", "do not keep the run", group=_OF_SWELL),
    Flag("strict", "", "switch", "exit with 1 also for a verdict of WARN", group=_OF_SWELL),
)

_HELP = Flag("help", "h", "switch", "show this help")

RUN_FLAGS: tuple[Flag, ...] = (
    Flag("target", "t", help="replace config.target", metavar="URL"),
    Flag("config", "c", help="a file that is merged over the script", metavar="FILE"),
    Flag("environment", "e", help="use this part of config.environments", metavar="NAME"),
    Flag("scenario-name", "", help="run only this scenario (its name, or a regular expression)", metavar="NAME"),
    Flag("output", "o", help="write the JSON report to this file or folder", metavar="PATH"),
    Flag("dotenv", "", help="a file of environment variables", metavar="FILE", aliases=("env-file",)),
    Flag("variables", "v", help="variables of the test, as JSON", metavar="JSON"),
    Flag("overrides", "", help="parts of the script to replace, as JSON", metavar="JSON"),
    Flag("insecure", "k", "switch", "do not verify TLS certificates"),
    Flag("quiet", "q", "switch", "print nothing but what scripts print"),
    Flag("input", "i", "list", "a further script that is merged over the first", metavar="FILE"),
    Flag("payload", "p", help="the CSV file of the script's one payload", metavar="FILE"),
    Flag("solo", "s", "switch", "run one VU"),
    Flag(
        "processor-runtime",
        "",
        help="what a JavaScript processor runs in: auto (default), embedded, node",
        metavar="NAME",
        group=_OF_SWELL,
    ),
    Flag("name", "", help="a name for this run", metavar="TEXT"),
    Flag("tags", "", help="tags of this run: name:value,...", metavar="TAGS"),
    Flag("note", "", help="a note, for Artillery Cloud", metavar="TEXT", group=_IGNORED),
    Flag("count", "", help="workers of a platform (see --processes)", metavar="N", group=_IGNORED),
    Flag("platform", "", help="local", metavar="NAME", group=_IGNORED),
    Flag("platform-opt", "", "list", "an option of a platform", "K=V", _IGNORED),
    Flag("record", "", "switch", refused=_CLOUD),
    Flag("key", "", refused=_CLOUD),
    *_SWELL,
    _HELP,
)

QUICK_FLAGS: tuple[Flag, ...] = (
    Flag("count", "c", help="VUs, all started within one second (10)", metavar="N"),
    Flag("num", "n", help="requests of each VU (10)", metavar="N"),
    Flag("duration", "d", help="seconds of arrivals, as in Artillery 1", metavar="S"),
    Flag("rate", "r", help="VUs started per second, as in Artillery 1", metavar="N"),
    Flag("payload", "p", help="text to send with each request (POST), as in Artillery 1", metavar="TEXT"),
    Flag("content-type", "t", help="its content type", metavar="TYPE"),
    Flag("output", "o", help="write the JSON report to this file or folder", metavar="PATH"),
    Flag("insecure", "k", "switch", "do not verify TLS certificates"),
    Flag("quiet", "q", "switch", "print nothing"),
    *_SWELL,
    _HELP,
)

REPORT_FLAGS: tuple[Flag, ...] = (
    Flag("output", "o", help="the HTML file (default: the report's name with .html)", metavar="FILE"),
    Flag("open", "", "switch", "open it in a browser", group=_OF_SWELL),
    _HELP,
)


class Parsed:
    """What a command line says. Texts only; several values of a flag in their order."""

    def __init__(self, flags: Sequence[Flag]) -> None:
        self._flags = flags
        self.files: list[str] = []
        self._values: dict[str, list[str]] = {}

    def add(self, flag: Flag, value: str) -> None:
        """One more value of a flag."""
        self._values.setdefault(flag.name, []).append(value)

    def has(self, name: str) -> bool:
        """Whether the flag is there."""
        return name in self._values

    def one(self, name: str, default: str = "") -> str:
        """The last value of a flag."""
        values = self._values.get(name)
        return values[-1] if values else default

    def many(self, name: str) -> list[str]:
        """All values of a flag."""
        return list(self._values.get(name, ()))

    def number(self, name: str, default: int) -> int:
        """A whole number of 1 or more. Raises ScriptError."""
        text = self.one(name)
        if not text:
            return default
        try:
            value = int(text)
        except ValueError:
            value = 0
        if value < 1:
            raise ScriptError(f"--{name} is a whole number from 1 on, not {text!r}")
        return value


def parse(arguments: Sequence[str], flags: Sequence[Flag]) -> Parsed:
    """The parsed command line. Raises ScriptError."""
    by_name = {name: flag for flag in flags for name in (flag.name, *flag.aliases)}
    by_letter = {flag.short: flag for flag in flags if flag.short}
    parsed = Parsed(flags)
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            parsed.files += rest
            break
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            flag = by_name.get(name)
            if flag is None:
                near = difflib.get_close_matches(name, by_name, n=1)
                raise ScriptError(f"there is no option --{name}" + (f"; did you mean --{near[0]}?" if near else ""))
            _take(parsed, flag, value if equals else None, rest)
        elif word.startswith("-") and len(word) > 1:
            _letters(parsed, word[1:], by_letter, rest)
        else:
            parsed.files.append(word)
    return parsed


def _letters(parsed: Parsed, letters: str, by_letter: dict[str, Flag], rest: list[str]) -> None:
    while letters:
        flag = by_letter.get(letters[0])
        if flag is None:
            raise ScriptError(f"there is no option -{letters[0]}")
        letters = letters[1:]
        if flag.kind == "switch":
            _take(parsed, flag, None, rest)
            continue
        _take(parsed, flag, letters.removeprefix("=") if letters else None, rest)
        return


def _take(parsed: Parsed, flag: Flag, value: str | None, rest: list[str]) -> None:
    if flag.refused:
        raise ScriptError(f"--{flag.name}: {flag.refused}")
    if flag.kind == "switch":
        if value is not None and value not in {"true", "false"}:
            raise ScriptError(f"--{flag.name} takes no value")
        if value != "false":
            parsed.add(flag, "true")
        return
    if flag.kind == "optional" and value is None:
        named = bool(rest) and not rest[0].startswith("-") and "/" not in rest[0] and not rest[0].endswith(_SCRIPTS)
        parsed.add(flag, rest.pop(0) if named else "")
        return
    if value is None:
        if not rest:
            raise ScriptError(f"--{flag.name} needs a value: {flag.help}")
        value = rest.pop(0)
    if flag.name == "platform" and value != "local":
        raise ScriptError(f"--platform {value}: {_PLATFORM}")
    parsed.add(flag, value)


def help_text(usage: str, flags: Sequence[Flag]) -> str:
    """The help of one command."""
    lines = [f"Usage: {usage}"]
    for group in dict.fromkeys(flag.group for flag in flags if not flag.refused):
        lines += ["", f"{group}:"]
        for flag in flags:
            if flag.group == group and not flag.refused:
                short = f"-{flag.short}, " if flag.short else "    "
                names = f"--{flag.name}" + ("" if flag.kind == "switch" else f" {flag.metavar}")
                lines.append(f"  {short}{names:<24} {flag.help}")
    return "\n".join(lines)
