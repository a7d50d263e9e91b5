"""From a test of a suite to the command that runs it: one table says how each front door spells an option.

Rules: pure. A setting that a front door has no option for is a Mistake before anything runs, never left out in silence.
What `swell.toml` gives comes first and the test's own words last, so that the most particular wins.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from swell.cli.mistakes import Mistake
from swell.model.suite import PLACEHOLDERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from swell.model.suite import Suite, SuiteTarget, SuiteTest

__all__ = ["Asked", "filled", "test_command", "test_environment", "typed"]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line of `swell suite` asks of every test; None and empty mean that it says nothing."""

    profile: str = ""
    time_scale: float | None = None
    load_scale: float | None = None
    store: str | None = None
    no_store: bool = False
    strict: bool = False
    quiet: bool = False


class _Front(NamedTuple):
    """A Swell command that runs tests: its first words, and its options by what they set (absent: it has none)."""

    words: tuple[str, ...]
    options: Mapping[str, str]
    always: tuple[str, ...] = ()


def _same(*names: str) -> dict[str, str]:
    """Settings whose option has the same name."""
    return {name: f"--{name.replace('_', '-')}" for name in names}


_COMMON = _same("processes", "threshold", "html", "junit", "markdown", "out", "strict", "store", "no_store")
_SCALES = _same("thresholds", "time_scale", "load_scale")
_RUN = {
    **_COMMON,
    **_SCALES,
    **_same("host", "profile", "users", "rate", "duration", "tag", "json", "name", "baseline", "margin", "quiet"),
}
_LOCUST = {
    **_COMMON,
    **_SCALES,
    **_same("host", "users", "rate"),
    "duration": "--run-time",
    "profile": "--swell-profile",
    "json": "--summary-json",
    "quiet": "--only-summary",
}
_K6 = {
    **_COMMON,
    **_SCALES,
    **_same("duration", "tag", "quiet"),
    "users": "--vus",
    "profile": "--scenario",
    "json": "--summary-json",
}
_ARTILLERY = {
    **_COMMON,
    **_same("name", "quiet"),
    "host": "--target",
    "profile": "--environment",
    "json": "--summary-json",
}
_FRONTS = (
    _Front(("run",), _RUN),
    # Without it Locust would show its form and wait for somebody to press start.
    _Front(("locust",), _LOCUST, ("--headless",)),
    _Front(("k6", "run"), _K6),
    _Front(("artillery", "run"), _ARTILLERY),
)
# What is left out where a front door has no such option: it changes nothing that is measured.
_COSMETIC = {"host", "quiet", "name"}


def test_command(
    suite: Suite, test: SuiteTest, target: SuiteTarget | None, asked: Asked, values: Mapping[str, str]
) -> list[str]:
    """The arguments of `swell` for this test. `values`: placeholders by name. Raises Mistake."""
    words = [filled(word, values) for word in (test.command or ("run", test.file))]
    if words[0] == "swell":
        words.pop(0)
    front = next((each for each in _FRONTS if tuple(words[: len(each.words)]) == each.words), None)
    if front is None:
        if test.file or _settings(suite, test, None, asked):
            known = ", ".join(" ".join(each.words) for each in _FRONTS)
            raise Mistake(
                f"{suite.place('tests', test.name, 'command')}: nothing can be added to `swell {' '.join(words)}`.",
                f"Put options into the command itself; options are known of: {known}.",
            )
        return words
    given = words[len(front.words) :]
    options: list[str] = []
    for key, source, value in _settings(suite, test, target and values.get("url", ""), asked):
        option = front.options.get(key)
        if option is not None:
            options += [option] if value is True else _spelled(option, value)
        elif key not in _COSMETIC:
            raise Mistake(
                f"{suite.place('tests', test.name, source)}: `swell {' '.join(front.words)}` has no option for"
                f" {source} = {_shown(value)!r}.",
                "Take it out, or give what means the same in args.",
            )
    always = [word for word in front.always if word not in given]
    return [*front.words, *always, *options, *given, *(filled(word, values) for word in test.args)]


def _settings(suite: Suite, test: SuiteTest, url: str | None, asked: Asked) -> list[tuple[str, str, Any]]:
    """(option, key of swell.toml, value) of all that is to be added; values are texts, or True for a switch."""
    outputs = suite.outputs
    # A profile of the command line takes the place of the test's whole load.
    load = asked.profile == ""
    scale = {name: getattr(asked, name) or getattr(test, name) for name in ("time_scale", "load_scale")}
    # A load that was changed for once is not the baseline's: there is nothing to compare.
    as_written = load and asked.time_scale is None and asked.load_scale is None
    found: list[tuple[str, str, Any]] = [
        ("host", "url", url),
        ("profile", "profile", test.profile if load else asked.profile),
        ("users", "users", test.users if load else None),
        ("rate", "rate", f"{test.rate:.12g}/s" if load and test.rate is not None else None),
        ("duration", "duration", _duration(test.duration) if load else None),
        *((name, name, None if factor is None else f"{factor:.12g}") for name, factor in scale.items()),
        ("processes", "processes", test.processes),
        *(("threshold", "thresholds", text) for text in test.thresholds),
        *(("thresholds", "threshold_files", file) for file in test.threshold_files),
        *(("tag", "tags", f"{key}={value}") for key, value in test.tags.items()),
        ("baseline", "baseline", test.baseline if as_written else ""),
        ("margin", "margin", test.margin if as_written and test.baseline else ""),
        ("name", "name", test.name),
        *(
            (kind, kind, f"{outputs.folder}/{test.name}.{end}")
            for kind, end in (("html", "html"), ("json", "json"), ("junit", "xml"), ("markdown", "md"))
            if getattr(outputs, kind)
        ),
        *(("out", "out", text) for text in outputs.out),
        ("store", "store", None if asked.no_store else asked.store or outputs.store),
        ("no_store", "store", asked.no_store),
        ("strict", "strict", asked.strict),
        ("quiet", "quiet", asked.quiet),
    ]
    return [(option, key, value if value is True else str(value)) for option, key, value in found if value]


def _spelled(option: str, value: str) -> list[str]:
    # A value that begins with a dash would be taken for an option of its own.
    return [f"{option}={value}"] if value.startswith("-") else [option, value]


def _duration(seconds: float | None) -> str | None:
    """As every front door reads it: whole seconds where they are."""
    if seconds is None:
        return None
    return f"{seconds:.0f}s" if seconds == int(seconds) else f"{seconds * 1000:.0f}ms"


def _shown(value: Any) -> str:
    return "true" if value is True else str(value)


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with `{url}`, `{python}` and `{tmp}` replaced; all other braces stay."""
    for name in PLACEHOLDERS:
        if name in values:
            text = text.replace(f"{{{name}}}", values[name])
    return text


def test_environment(test: SuiteTest, target: SuiteTarget | None, values: Mapping[str, str]) -> dict[str, str]:
    """Variables of the environment for this test: those of the target, then its own."""
    every = {**(target.env if target is not None else {}), **test.env}
    return {name: filled(value, values) for name, value in every.items()}


def typed(words: Sequence[str]) -> str:
    """A command as it could be typed."""
    return shlex.join(["swell", *words])
