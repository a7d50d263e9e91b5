"""Locust's start form as data, and from its values back to a command line.

Rules: pure. What a person enters becomes options behind those that were typed, so that a run from the page is the run
of that command line. Values that are empty leave what was typed. Custom options of a test file are part of the form,
unless they say `include_in_web_ui=False`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from swell.web.desk import Field

__all__ = ["PageForm", "arguments_of", "form_of_library", "form_of_test"]

_OPTIONS = {
    "user_count": "--users",
    "spawn_rate": "--spawn-rate",
    "host": "--host",
    "run_time": "--run-time",
    "profile": "--profile",
}


class PageForm(msgspec.Struct):
    """What the front door must know of the test to open its page."""

    host: str = ""
    port: int = 8089
    base_path: str = ""
    tls: tuple[str, str] | None = None
    autostart: bool = False
    autoquit: int = -1
    title: str = ""
    fields: list[Field] = []
    flags: dict[str, str] = {}
    """Custom options by name of their field: how they are written."""
    steered: bool = True
    """Whether the number of users can be changed while it runs."""
    routes: bool = False
    """Whether the test may have routes of its own: it listens to `init`."""


def form_of_test(test: Any, environment: Any, known: set[str]) -> PageForm:
    """The form of a loaded test; `known`: destinations of Locust's own options."""
    options = test.options
    shape = test.shape is not None and not test.shape.use_common_options
    fields = [] if shape else _load_fields(options.num_users, options.spawn_rate)
    fields += [
        Field(name="host", label="Host", value=options.host or "", help="For example http://127.0.0.1:8000"),
        Field(name="run_time", label="Run time", value=str(options.run_time or ""), help="20, 20s, 1h30m", more=True),
        Field(name="profile", label="Profile", value=options.profile or "", more=True, help="A label of this run"),
    ]
    if options.class_picker and len(test.files.users) > 1:
        chosen, names = [cls.__name__ for cls in environment.user_classes], list(test.files.users)
        fields.append(Field(name="user_classes", label="User classes", kind="choices", choices=names, value=chosen))
    flags: dict[str, str] = {}
    for action in test.parser._actions:
        if action.dest in known or not getattr(action, "include_in_web_ui", True) or not action.option_strings:
            continue
        field = _custom(action, getattr(options, action.dest, None))
        if field is not None:
            fields.append(field)
            flags[field.name] = max(action.option_strings, key=len)
    certificate = (options.tls_cert, options.tls_key) if options.tls_cert and options.tls_key else None
    return PageForm(
        host=options.web_host or "",
        port=options.web_port,
        base_path=options.web_base_path or "",
        tls=certificate,
        autostart=bool(options.autostart),
        autoquit=options.autoquit,
        title=f"Start {environment.locustfile or 'a test'}",
        fields=fields,
        flags=flags,
        steered=test.shape is None and not options.rate and not options.swell_profile,
        routes=test.events.init.listened,
    )


def form_of_library(environment: Any) -> PageForm:
    """The form of a program that uses Locust as a library."""
    host = Field(name="host", label="Host", value=environment.host or "", help="For example http://127.0.0.1:8000")
    return PageForm(title="Start users", fields=[*_load_fields(1, 1), host], steered=environment.shape_class is None)


def arguments_of(values: Mapping[str, Any], form: PageForm) -> list[str]:
    """The options that these values of the form stand for. ValueError for what cannot be read."""
    found: list[str] = []
    for name, option in _OPTIONS.items():
        value = str(values.get(name, "") or "").strip()
        if value:
            found.append(f"{option}={value}")
    for name, option in form.flags.items():
        if name not in values:
            continue
        field = next(each for each in form.fields if each.name == name)
        value = values[name]
        if field.kind == "flag":
            if value in {True, "true", "on", "1"} and not field.value:
                found.append(option)
        elif field.kind == "choices":
            found += [f"{option}={each}" for each in _several(value)]
        elif str(value) != "":
            found.append(f"{option}={value}")
    classes = _several(values.get("user_classes", []))
    if unknown := [name for name in classes if not name.isidentifier()]:
        raise ValueError(f"these are no user classes: {', '.join(unknown)}")
    return [*found, *classes]


def number(values: Mapping[str, Any], name: str, least: float) -> float | None:
    """A number of the form, None if it is empty. ValueError if it is none, or less than `least`."""
    text = str(values.get(name, "") or "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} must be a number, not {text!r}") from None
    if not least <= value < 1e9:
        raise ValueError(f"{name} must be at least {least:g}")
    return value


def _load_fields(user_count: Any, spawn_rate: Any) -> list[Field]:
    users = Field(
        name="user_count",
        label="Number of users (peak)",
        kind="number",
        value=user_count or 1,
        steers=True,
        minimum=1,
        step="1",
        required=True,
    )
    rate = Field(
        name="spawn_rate",
        label="Ramp up (users/s)",
        kind="number",
        value=spawn_rate or 1,
        steers=True,
        minimum=0,
        required=True,
    )
    return [users, rate]


def _custom(action: Any, value: Any) -> Field | None:
    kind = "text"
    if action.nargs == 0:
        if not isinstance(action.const, bool) or action.const is not True:
            return None
        kind = "flag"
    elif getattr(action, "is_multiple", False) and action.choices:
        kind = "choices"
    elif action.choices:
        kind = "choice"
    elif getattr(action, "is_secret", False):
        kind, value = "password", ""
    return Field(
        name=action.dest,
        label=action.dest.replace("_", " "),
        kind=kind,
        value=value if kind in {"flag", "choices"} else "" if value is None else str(value),
        choices=_several(list(action.choices or ())),
        help=action.help if isinstance(action.help, str) and "==SUPPRESS==" not in action.help else "",
        required=bool(getattr(action, "is_required", False)),
    )


def _several(value: Any) -> list[str]:
    several: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value] if value else []
    return [str(each) for each in several]
