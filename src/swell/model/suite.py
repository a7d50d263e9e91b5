"""A project's tests as `swell.toml` describes them: targets, tests, outputs, and what all tests share.

Rules: pure data, decoded strictly: an unknown key is a mistake with a hint, and each mistake is told with its file and
line, all of them at once. What `[defaults]` says holds for a test that does not say otherwise; thresholds, tags and
environment add up. Times are seconds.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar, cast, get_type_hints
from urllib.parse import urlsplit

import msgspec

from swell.model.suite_words import nearest_hint, readable
from swell.model.threshold_grammar import parse_threshold
from swell.model.toml_lines import KeyPath, key_lines
from swell.model.units import parse_duration, parse_rate

__all__ = ["PLACEHOLDERS", "Suite", "SuiteError", "SuiteOutputs", "SuiteTarget", "SuiteTest", "decode_suite"]

PLACEHOLDERS = ("url", "python", "tmp")
"""What stands for itself in braces: the target's URL, this Python, a folder that is removed at the end."""

Count = Annotated[int, msgspec.Meta(ge=1)]
Factor = Annotated[float, msgspec.Meta(gt=0)]
Value = TypeVar("Value")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class SuiteError(ValueError):
    """What is wrong in the file, one line for each mistake."""

    for_people = True


class SuiteTarget(msgspec.Struct, frozen=True, kw_only=True):
    """What is tested, in one environment.

    `url` may be empty if `start` is there: the program's first line is then its URL. `env` is for the tests. `start`
    runs for as long as the tests do, and `ready` (a path or URL) is asked until it answers, `wait` seconds at most.
    """

    name: str = ""
    url: str = ""
    env: dict[str, str] = {}
    start: tuple[str, ...] = ()
    ready: str = ""
    wait: float = 60.0


class SuiteTest(msgspec.Struct, frozen=True, kw_only=True):
    """One test: a `file`, or a `command` (a Swell command's words), with what is to be added to it."""

    name: str = ""
    file: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    only_on: tuple[str, ...] = ()
    """Targets that this test may run on; none named: on all."""
    profile: str = ""
    users: Count | None = None
    rate: float | None = None
    """Iterations started per second."""
    duration: float | None = None
    time_scale: Factor | None = None
    load_scale: Factor | None = None
    processes: str = ""
    thresholds: tuple[str, ...] = ()
    threshold_files: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    env: dict[str, str] = {}
    baseline: str = ""
    margin: str = ""
    """How much worse than the baseline does not matter, such as "10%"."""


class SuiteOutputs(msgspec.Struct, frozen=True, kw_only=True):
    """What each test leaves: files in `folder`, named after the test; `out` while it runs; `store`: where runs go."""

    folder: str = "load-results"
    html: bool = False
    json: bool = False
    junit: bool = False
    markdown: bool = False
    out: tuple[str, ...] = ()
    store: str = ""


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """A whole `swell.toml`."""

    file: str
    name: str = ""
    targets: dict[str, SuiteTarget] = {}
    tests: dict[str, SuiteTest] = {}
    groups: dict[str, tuple[str, ...]] = {}
    """Names for several tests at once."""
    outputs: SuiteOutputs = SuiteOutputs()
    target: str = ""
    """The target where nobody names one; empty if there is none."""
    lines: dict[KeyPath, int] = {}

    def place(self, *path: str | int) -> str:
        """Where a key stands, as FILE:LINE; the nearest known key above it otherwise."""
        return _place(self.file, self.lines, path)


# The tables as they are written, before durations, rates and thresholds are read.

_Texts = str | list[str]
_Number = str | float


class _Project(msgspec.Struct, frozen=True):
    name: str = ""


class _Target(msgspec.Struct, frozen=True):
    url: str = ""
    env: dict[str, str] = {}
    start: list[str] = []
    ready: str = ""
    wait: _Number = 60.0


class _Outputs(msgspec.Struct, frozen=True):
    folder: str = "load-results"
    html: bool = False
    json: bool = False
    junit: bool = False
    markdown: bool = False
    out: _Texts = []
    store: str = ""


class _Shared(msgspec.Struct, frozen=True):
    profile: str = ""
    users: Count | None = None
    rate: _Number | None = None
    duration: _Number | None = None
    time_scale: Factor | None = None
    load_scale: Factor | None = None
    processes: str | int = ""
    thresholds: _Texts = []
    threshold_files: _Texts = []
    tags: dict[str, str] = {}
    env: dict[str, str] = {}
    baseline: str = ""
    margin: str = ""


class _Defaults(_Shared, frozen=True):
    target: str = ""


class _Test(_Shared, frozen=True):
    file: str = ""
    command: list[str] = []
    args: list[str] = []
    only_on: _Texts = []


def decode_suite(text: str, file: str) -> Suite:
    """The suite in the text of the file `file`. Raises SuiteError with everything that is wrong in it."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SuiteError(_syntax(str(error), text, file)) from None
    return _Decoder(file, key_lines(text)).suite(data)


def _syntax(message: str, text: str, file: str) -> str:
    found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    if found is None:
        return f"{file}: {message}"
    line = int(found[1] or len(text.splitlines()))
    return f"{file}:{line}: {message[: found.start()]}"


def _place(file: str, lines: Mapping[KeyPath, int], path: KeyPath) -> str:
    for length in range(len(path), 0, -1):
        line = lines.get(path[:length])
        if line is not None:
            return f"{file}:{line}"
    return file


class _Decoder:
    """Reads the tables one by one and collects what is wrong."""

    def __init__(self, file: str, lines: dict[KeyPath, int]) -> None:
        self._file = file
        self._lines = lines
        self._wrong: list[str] = []

    def suite(self, data: dict[str, Any]) -> Suite:
        sections = ("project", "targets", "tests", "groups", "outputs", "defaults")
        for name in data:
            if name not in sections:
                self._say((name,), f"there is no section [{name}]{nearest_hint(name, sections)}", sections)
        project = self._table(_Project, data.get("project", {}), ("project",))
        outputs = self._table(_Outputs, data.get("outputs", {}), ("outputs",))
        shared = self._table(_Defaults, data.get("defaults", {}), ("defaults",))
        targets = {name: self._target(name, raw) for name, raw in self._named(data, "targets")}
        tests = {name: self._test(name, raw, shared, targets) for name, raw in self._named(data, "tests")}
        if not tests and not self._wrong:
            self._wrong.append(f"{self._file}: there is no test in it; write a section [tests.NAME] with file = ...")
        if shared.target and shared.target not in targets:
            self._no_target(("defaults", "target"), shared.target, targets)
        suite = Suite(
            file=self._file,
            name=project.name,
            targets=targets,
            tests=tests,
            groups=self._groups(data.get("groups", {}), tests),
            outputs=self._outputs(outputs),
            target=shared.target or next(iter(targets), ""),
            lines=self._lines,
        )
        if self._wrong:
            raise SuiteError("\n".join(dict.fromkeys(self._wrong)))
        return suite

    def _named(self, data: dict[str, Any], section: str) -> list[tuple[str, Any]]:
        """The tables of a section, by name."""
        tables = data.get(section, {})
        if not isinstance(tables, dict):
            self._say((section,), f"write sections [{section}.NAME], not {section} = ...")
            return []
        named = cast("dict[str, Any]", tables)
        for name, table in named.items():
            if not isinstance(table, dict):
                self._say((section, name), f"write a section [{section}.NAME] with {name} = ... in it")
            elif _NAME.fullmatch(name) is None:
                self._say((section, name), f"{name!r}: names are made of letters, digits, -, _ and .")
        return [(name, table) for name, table in named.items() if isinstance(table, dict)]

    def _target(self, name: str, raw: Any) -> SuiteTarget:
        path = ("targets", name)
        table = self._table(_Target, raw, path)
        if not table.url and not table.start:
            self._say(path, f"the target {name!r} needs a url, or a start command whose first line is its URL")
        if table.url:
            self._url((*path, "url"), table.url)
        if table.ready and not table.ready.startswith("/"):
            self._url((*path, "ready"), table.ready)
        wait = self._read((*path, "wait"), parse_duration, table.wait, 60.0)
        return SuiteTarget(
            name=name, url=table.url.rstrip("/"), env=table.env, start=tuple(table.start), ready=table.ready, wait=wait
        )

    def _test(self, name: str, raw: Any, shared: _Defaults, targets: Mapping[str, SuiteTarget]) -> SuiteTest:
        path = ("tests", name)
        own = self._table(_Test, raw, path)
        if bool(own.file) == bool(own.command):
            both = "not both" if own.file else "such as file = 'loadtest.py'"
            self._say(path, f"the test {name!r} needs a file or a command, {both}")
        only_on = _texts(own.only_on)
        for place, word in enumerate(only_on):
            if word not in targets:
                self._no_target((*path, "only_on", place), word, targets)
        given = set(cast("dict[str, Any]", raw))

        def one(key: str) -> tuple[KeyPath, Any]:
            """The value of the test, or of the defaults, and where it stands."""
            if key in given or not getattr(shared, key):
                return (*path, key), getattr(own, key)
            return ("defaults", key), getattr(shared, key)

        return SuiteTest(
            name=name,
            file=own.file,
            command=tuple(own.command),
            args=tuple(own.args),
            only_on=only_on,
            profile=one("profile")[1],
            users=one("users")[1],
            rate=self._optional(*one("rate"), parse_rate),
            duration=self._optional(*one("duration"), parse_duration),
            time_scale=one("time_scale")[1],
            load_scale=one("load_scale")[1],
            processes=self._processes(*one("processes")),
            thresholds=(
                *self._criteria(("defaults", "thresholds"), shared.thresholds),
                *self._criteria((*path, "thresholds"), own.thresholds),
            ),
            threshold_files=(*_texts(shared.threshold_files), *_texts(own.threshold_files)),
            tags={**shared.tags, **own.tags},
            env={**shared.env, **own.env},
            baseline=one("baseline")[1],
            margin=one("margin")[1],
        )

    def _groups(self, raw: Any, tests: Mapping[str, SuiteTest]) -> dict[str, tuple[str, ...]]:
        try:
            groups = msgspec.convert(raw, dict[str, tuple[str, ...]])
        except msgspec.ValidationError:
            self._say(("groups",), "groups are lists of tests: nightly = ['smoke', 'checkout']")
            return {}
        for name, members in groups.items():
            if name in tests:
                self._say(("groups", name), f"there is a test {name!r}: a group needs a name of its own")
            for place, member in enumerate(members):
                if member not in tests:
                    where = ("groups", name, place)
                    self._say(where, f"there is no test {member!r}{nearest_hint(member, tests)}", tests)
        return groups

    def _outputs(self, raw: _Outputs) -> SuiteOutputs:
        given = {**msgspec.structs.asdict(raw), "out": _texts(raw.out)}
        return msgspec.convert(given, SuiteOutputs)

    def _criteria(self, path: KeyPath, raw: _Texts) -> tuple[str, ...]:
        for place, text in enumerate(_texts(raw)):
            self._read((*path, place), lambda given: parse_threshold(given).source, text, "")
        return _texts(raw)

    def _processes(self, path: KeyPath, value: str | int) -> str:
        text = str(value).strip().lower()
        if text not in {"", "auto"} and not text.isdecimal():
            self._say(path, f"processes = {value!r}: write a number or 'auto'")
        return text

    def _optional(self, path: KeyPath, value: _Number | None, parse: Callable[[_Number], float]) -> float | None:
        if value is None:
            return None
        read = self._read(path, parse, value, 1.0)
        if not 0 < read < math.inf:
            self._say(path, f"{path[-1]} = {value!r} must be more than 0")
        return read

    def _read(self, path: KeyPath, parse: Callable[[Any], Value], value: object, otherwise: Value) -> Value:
        """What `parse` makes of the value; its refusal is a mistake at this place."""
        try:
            return parse(value)
        except ValueError as error:
            self._say(path, str(error))
            return otherwise

    def _url(self, path: KeyPath, text: str) -> None:
        try:
            parts = urlsplit(text)
            right = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            right = False
        if not right:
            self._say(path, f"{path[-1]} = {text!r} is no URL: write it like https://test.example.org")

    def _no_target(self, path: KeyPath, word: str, targets: Mapping[str, SuiteTarget]) -> None:
        self._say(path, f"there is no target {word!r}{nearest_hint(word, targets)}", targets)

    def _table(self, kind: type[Value], raw: Any, path: KeyPath) -> Value:
        """One table as `kind`; fields that cannot be read keep their defaults."""
        if not isinstance(raw, dict):
            self._say(path, f"write a section [{'.'.join(map(str, path))}]")
            raw = {}
        types = get_type_hints(kind, include_extras=True)
        given: dict[str, Any] = {}
        for key, value in cast("dict[str, Any]", raw).items():
            if key not in types:
                where = f"[{'.'.join(map(str, path))}]"
                self._say((*path, key), f"there is no key {key!r} in {where}{nearest_hint(key, types)}", types)
                continue
            try:
                given[key] = msgspec.convert(value, types[key])
            except msgspec.ValidationError as error:
                self._say((*path, key), f"{key}: {readable(str(error))}")
        return kind(**given)

    def _say(self, path: KeyPath, message: str, known: Any = ()) -> None:
        listed = f". Known: {', '.join(known)}" if known and "Did you mean" not in message else ""
        self._wrong.append(f"{_place(self._file, self._lines, path)}: {message}{listed}")


def _texts(raw: _Texts) -> tuple[str, ...]:
    return (raw,) if isinstance(raw, str) else tuple(raw)
