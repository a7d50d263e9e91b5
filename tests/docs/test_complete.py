"""Everything that a user can type, set, read or meet stands in the pages."""

from __future__ import annotations

import importlib
import re

import click
import msgspec
import pytest

import swell
from swell.cli.demo import FAULTS
from swell.cli.main import _COMMANDS
from swell.dialects.python.events import Events
from swell.dialects.python.feeders import _ON_END, _POLICIES
from swell.dialects.python.loads import ArrivalOptions
from swell.http.errors import KINDS
from swell.http.response import Response, Timings
from swell.http.session import Session
from swell.metrics.builtin import BUILTIN
from swell.model import verdict
from swell.model.criteria import AGGREGATIONS
from swell.model.named_profiles import NAMED_PROFILES
from swell.model.plan import HttpOptions
from swell.runs.record import CheckSummary, ErrorSummary, GeneratorSummary, WorkloadSummary
from tests.docs.pages import Page, code_words, first_cells, page

COMMANDS = sorted(_COMMANDS)


def command(name: str) -> click.Command:
    found = importlib.import_module(_COMMANDS[name][0]).command
    assert isinstance(found, click.Command)
    return found


def options_of(name: str) -> list[click.Option]:
    """The options that are shown, of a command and of its subcommands."""
    found = command(name)
    every = [found, *found.commands.values()] if isinstance(found, click.Group) else [found]
    return [param for one in every for param in one.params if isinstance(param, click.Option) and not param.hidden]


def section(shown: Page, heading: str) -> str:
    """The text under a heading of the second level."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", shown.text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"{shown.name} has no section {heading!r}"
    return found[1]


def missing(wanted: object, text: str) -> list[str]:
    """Which words stand nowhere in backticks; `--option VALUE` counts for `--option`."""
    words = {word for shown in code_words(text) for word in (shown, shown.split(" ")[0])}
    return sorted(set(map(str, wanted)) - words)  # type: ignore[call-overload]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name: str) -> None:
    """Each command stands in the overview of command-line.md."""
    assert f"swell {name}" in page("command-line").text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_documented(name: str) -> None:
    """Each option of each command, long and short, stands in a table of command-line.md."""
    shown = first_cells(page("command-line"))
    documented = {word for cell in shown for word in (cell, cell.split(" ")[0])}
    wanted = {spelled for option in options_of(name) for spelled in option.opts} - {"--help", "-h"}
    assert sorted(wanted - documented) == []


def test_documented_options_exist() -> None:
    """No page names a long option that no command has."""
    known = {spelled for name in COMMANDS for each in options_of(name) for spelled in each.opts}
    known |= {"--help", "--version"}
    shown = {
        word
        for name in (
            "command-line",
            "load-profiles",
            "http-client",
            "thresholds",
            "metrics",
            "generator-health",
            "results",
        )
        for cell in code_words(page(name).text)
        for word in re.findall(r"--[a-z][a-z-]+", cell)
    }
    assert sorted(shown - known) == []


def test_every_default_of_the_http_options_is_right() -> None:
    """The table of HTTP options gives the defaults that the code has."""
    lines = section(page("http-client"), "Options of a user class").splitlines()
    rows = [row.split("|")[1:4] for row in lines if row.startswith("| `")]
    shown = {name: default.strip() for cell, default, _ in rows for name in code_words(cell)}
    for field in msgspec.structs.fields(HttpOptions):
        if isinstance(field.default, float):
            assert shown[field.name] == f"{field.default:g}", field.name
        elif field.default is None or isinstance(field.default, bool):
            assert shown[field.name] == str(field.default), field.name
    assert shown["max_body"] == f"{HttpOptions().max_body // 2**20} MiB"  # type: ignore[operator]


def test_every_http_option_is_documented() -> None:
    """Each field of HttpOptions stands in a table of http-client.md."""
    names = {field.name for field in msgspec.structs.fields(HttpOptions)}
    assert sorted(names - first_cells(page("http-client"))) == []


def test_every_error_kind_is_documented() -> None:
    """Each kind of error stands in http-client.md, with its number."""
    errors = section(page("http-client"), "Errors")
    for kind, code in KINDS.items():
        assert re.search(rf"^\| `{kind}` \| {code} \|", errors, re.MULTILINE), kind


def test_every_request_argument_is_documented() -> None:
    """Each argument of `request` stands in http-client.md."""
    code = Session.request.__code__
    arguments = set(code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]) - {"method"}
    assert sorted(arguments - first_cells(page("http-client"))) == []


@pytest.mark.parametrize("cls", [Response, Timings])
def test_every_attribute_of_a_response_is_documented(cls: type) -> None:
    """Each public attribute of a response and of its timings stands in http-client.md."""
    internal = {"row", "endpoint", "extra"}
    names = {name for name in dir(cls) if not name.startswith("_")} - internal
    text = section(page("http-client"), "Responses").replace("()", "")
    assert missing(names, text) == []


def test_every_metric_is_documented() -> None:
    """Each built-in metric stands in metrics.md, with its kind."""
    text = page("metrics").text
    for metric in BUILTIN.values():
        assert re.search(rf"^\| `{metric.name}` \| {metric.kind} \|", text, re.MULTILINE), metric.name


def test_every_exit_code_is_documented() -> None:
    """Each exit code stands in the tables of thresholds.md and command-line.md."""
    codes = {getattr(verdict, name) for name in verdict.__all__ if name.startswith("EXIT_")}
    assert codes
    for name in ("thresholds", "command-line"):
        text = page(name).text
        for code in codes:
            assert re.search(rf"^\| {code} \|", text, re.MULTILINE), f"{code} in {name}.md"


def test_every_verdict_is_documented() -> None:
    """Each verdict stands in thresholds.md."""
    text = section(page("thresholds"), "The verdict")
    assert [word.value for word in verdict.Verdict if word.value not in text] == []


def test_every_aggregation_is_documented() -> None:
    """Each kind of metric and what it offers stands in thresholds.md."""
    text = section(page("thresholds"), "The parts")
    for kind, aggregations in AGGREGATIONS.items():
        row = re.search(rf"^\| {kind}\b.*$", text, re.MULTILINE)
        assert row is not None, kind
        wanted = {"p(N)" if name == "p" else name for name in aggregations}
        assert wanted == code_words(row[0]), kind


def test_every_named_profile_is_documented() -> None:
    """Each named profile stands in load-profiles.md, with its default peak."""
    text = section(page("load-profiles"), "Named profiles")
    for profile in NAMED_PROFILES.values():
        peak = f"{profile.users:,} user{'s' if profile.users > 1 else ''}"
        assert f"| `{profile.name}` | {peak} |" in text, profile.name


def test_every_exported_name_is_documented() -> None:
    """Each name that `swell` exports stands in "Every name" of writing-tests.md."""
    assert missing(swell.__all__, section(page("writing-tests"), "Every name")) == []


def test_every_event_is_documented() -> None:
    """Each event stands in writing-tests.md."""
    names = [f"events.{name}" for name in vars(Events())]
    assert missing(names, section(page("writing-tests"), "Events")) == []


def test_every_feeder_policy_is_documented() -> None:
    """Each policy of feeders, and each end of unique rows, stands in writing-tests.md."""
    wanted = [f'"{name}"' for name in (*_POLICIES, *_ON_END)]
    assert missing(wanted, section(page("writing-tests"), "Data for users")) == []


def test_every_load_option_is_documented() -> None:
    """Each option of loads stands in load-profiles.md."""
    options = {name for cls in ArrivalOptions.__mro__ for name in getattr(cls, "__annotations__", {})}
    options |= set(ArrivalOptions.__annotations__)
    text = page("load-profiles").text
    assert sorted(name for name in options if f"`{name}`" not in text) == []


def test_every_fault_is_documented() -> None:
    """Each fault of the demo stands in command-line.md."""
    assert missing(FAULTS, section(page("command-line"), "`swell demo`")) == []


@pytest.mark.parametrize("record", [CheckSummary, ErrorSummary, GeneratorSummary, WorkloadSummary])
def test_every_record_of_the_summary_is_documented(record: type[msgspec.Struct]) -> None:
    """Each field of what the JSON summary lists stands in command-line.md."""
    text = section(page("command-line"), "JSON summary")
    assert missing((field.name for field in msgspec.structs.fields(record)), text) == []
