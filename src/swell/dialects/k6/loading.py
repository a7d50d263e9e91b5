"""From a command line of `k6 run` to a test that is ready to run: file, options of all sources, scenarios, thresholds.

Rules: everything that can be known to be wrong ends here, before anything is sent, as a `LoadError` with k6's exit
code. The init code runs once in this process, for the options; the plan that comes out can be run by any worker.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from swell.dialects.javascript import JsError, JsProgramError
from swell.dialects.k6.archive import ArchiveError, is_archive, unpack_archive
from swell.dialects.k6.execution_segments import part_of
from swell.dialects.k6.executors import scenarios_of, select
from swell.dialects.k6.instance import K6Instance
from swell.dialects.k6.modules.http_settings import check_tls
from swell.dialects.k6.option_network import address_ranges, ciphers, host_patterns
from swell.dialects.k6.option_values import OptionError, boolean, duration, stages, text, text_map, texts
from swell.dialects.k6.options import OPTIONS, Tier, consolidate, decode, from_environment, system_tag_warnings
from swell.dialects.k6.planning import Threshold, make_plan, thresholds_of
from swell.dialects.k6.scenario_scaling import scaled
from swell.dialects.k6.settings import K6Test
from swell.engine.script import AbortRun
from swell.model.threshold import ThresholdError, parse_threshold
from swell.model.threshold_lines import threshold_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.dialects.k6.flags import Given
    from swell.dialects.k6.settings import LogStyle
    from swell.dialects.k6.vu import K6Vu
    from swell.model.plan import Plan

__all__ = ["LoadError", "Loaded", "load"]

_CONFIG = "~/.config/k6/config.json"
_SCRIPT_ERROR, _NO_CODE, _ABORTED = 107, 255, 108
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class LoadError(Exception):
    """A test that cannot be run; the text is for people."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Loaded(msgspec.Struct, kw_only=True):
    """A test that is ready. `instance` has run the init code; `folder` holds an unpacked archive while it lives."""

    given: Any
    test: K6Test
    env: dict[str, str]
    plan: Any
    thresholds: list[Threshold]
    """Those of the script; the plan may have more behind them."""
    instance: Any
    vu: Any
    warnings: list[str]
    folder: Any = None

    @property
    def options(self) -> Mapping[str, Any]:
        """The consolidated options by k6's names."""
        return self.test.options


def load(given: Given, environ: Mapping[str, str] | None = None) -> Loaded:
    """Load the test of a command line. Raises LoadError."""
    environ = os.environ if environ is None else environ
    try:
        return _load(given, environ)
    except OptionError as error:
        raise LoadError(str(error), error.exit_code) from None
    except JsProgramError as error:
        raise LoadError(str(error), _SCRIPT_ERROR) from None
    except JsError as error:
        if isinstance(error.__cause__, AbortRun):
            raise LoadError(f"test aborted: {error.__cause__}", _ABORTED) from None
        raise LoadError(error.stack, _SCRIPT_ERROR) from None
    except AbortRun as abort:
        raise LoadError(f"test aborted: {abort}", _ABORTED) from None


def _load(given: Given, environ: Mapping[str, str]) -> Loaded:
    warnings: list[str] = []
    env = _variables(given.many("env"))
    test, folder, archived, stored_env = _source(given)
    env = {**stored_env, **env}
    flag_options = _flag_options(given)
    config = _config(given, warnings)
    outer = [Tier("environment", from_environment(environ)), Tier("command line", flag_options)]
    # The init code may look at some options (throw, ...), so those that are known go first.
    early, _ = consolidate([Tier("configuration file", config), *outer])
    test.options = early
    _check_vendor(given)
    instance = K6Instance(test, env)
    _check_secrets(test, env)
    vu = instance.new_vu(0, phase="summary")
    own, found = decode("the script", _script_options(vu, archived))
    warnings += found
    options, found = consolidate([Tier("configuration file", config), Tier("script", own), *outer])
    warnings += found + system_tag_warnings(options)
    test.options = options
    scenarios = scenarios_of(options)
    test.scenarios = select(scenarios, [name for each in given.many("scenario") for name in each.split(",") if name])
    _check_exports(vu, test)
    thresholds: list[Threshold] = []
    if not _is_off(given, environ):
        thresholds = thresholds_of(options.get("thresholds") or {}, instance.declared(), options.get("systemTags"))
    check_tls(options)
    plan = _plan(given, test, env, [*(each.line for each in thresholds), *_extra_criteria(given)])
    return Loaded(
        given=given,
        test=test,
        env=env,
        plan=plan,
        thresholds=thresholds,
        instance=instance,
        vu=vu,
        warnings=warnings,
        folder=folder,
    )


def _variables(pairs: list[str]) -> dict[str, str]:
    """Those of `--env`: NAME=VALUE; a name alone takes its value from the environment. Raises OptionError."""
    found: dict[str, str] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not _VARIABLE.fullmatch(key):
            raise OptionError("--env", f"{pair!r} is no NAME=VALUE; a name has letters, digits and _, no digit first")
        found[key] = value if sign else os.environ.get(key, "")
    return found


def _tag(name: str, pair: str) -> tuple[str, str]:
    """A tag: NAME=VALUE, or NAME:VALUE as in thresholds. Neither may be empty, as in k6."""
    key, _, value = pair.partition("=" if "=" in pair else ":")
    if not key or not value:
        raise OptionError(name, f"{pair!r} is no tag: write NAME=VALUE, such as env=staging")
    return key, value


def _source(given: Given) -> tuple[K6Test, Any, dict[str, Any] | None, dict[str, str]]:
    """(test, folder of an archive, the archive's options, its environment)."""
    if len(given.files) != 1:
        what = "name the script: swell k6 run SCRIPT" if not given.files else "one script at a time"
        raise OptionError("", f"{what} (given: {', '.join(given.files) or 'nothing'})", _NO_CODE)
    name = given.files[0]
    if given.one("type") not in {"", "js", "archive"}:
        raise OptionError("--type", f"is js or archive, not {given.one('type')!r}")
    test = K6Test(
        script="",
        vendor=[str(Path(each).absolute()) for each in given.many("vendor")],
        system_env=given.flags.get("include-system-env-vars", True),
        verbose=given.has("verbose"),
        console_output=_console_output(given),
        log_style=_log_style(given),
        secret_sources=given.many("secret-source") or _from_env("K6_SECRET_SOURCE"),
        started=time.time(),
    )
    if name == "-":
        test.source = source = sys.stdin.read()
        test.script = str(Path("-stdin.ts" if _looks_typed(source) else "-stdin.js").absolute())
        return test, None, None, {}
    if name.startswith(("https://", "http://")):
        raise OptionError("", f"{name}: nothing is downloaded; save the script and run the file", _NO_CODE)
    path = Path(os.path.normpath(Path(name).absolute()))  # a ".." would hide the entry from the resolver
    if not path.is_file():
        close = [each.name for each in path.parent.glob("*.*s") if each.is_file()] if path.parent.is_dir() else []
        hint = f"; scripts in {path.parent}: {', '.join(sorted(close)[:8])}" if close else ""
        raise OptionError("", f"there is no file {name}{hint}", _NO_CODE)
    if given.one("type") == "archive" or (given.one("type") != "js" and is_archive(path)):
        folder = tempfile.TemporaryDirectory(prefix="swell-k6-")
        try:
            archive = unpack_archive(path, Path(folder.name))
        except (ArchiveError, OSError) as error:
            raise OptionError("", str(error), _NO_CODE) from None
        test.script = str(archive.script)
        test.files_root = str(archive.folder)
        test.vendor.append(str(archive.remote))
        return test, folder, archive.options, archive.env
    test.script = str(path)
    return test, None, None, {}


def _from_env(name: str) -> list[str]:
    value = os.environ.get(name, "")
    return [value] if value else []


def _console_output(given: Given) -> str:
    """The file for what scripts print; "" for the log. Raises OptionError if it cannot be written."""
    path = given.one("console-output") or os.environ.get("K6_CONSOLE_OUTPUT", "")
    if path:
        try:
            Path(path).open("a", encoding="utf-8").close()
        except OSError as error:
            raise OptionError("--console-output", f"{path} cannot be written: {error.strerror or error}") from None
    return path


def _log_style(given: Given) -> LogStyle:
    """How lines of the log look: as asked for, else by where they go."""
    asked = given.one("log-format") or os.environ.get("K6_LOG_FORMAT", "") or "text"
    if asked not in {"text", "json", "raw"}:
        raise OptionError("--log-format", f"is text, json or raw, not {asked!r}")
    where = given.one("log-output") or os.environ.get("K6_LOG_OUTPUT", "")
    if asked == "text" and where in {"", "stderr"} and sys.stderr.isatty():
        return "tty"
    return cast("LogStyle", asked)


def _looks_typed(source: str) -> bool:
    return "interface " in source or ": string" in source or ": number" in source or "import type" in source


def _check_vendor(given: Given) -> None:
    for folder in given.many("vendor"):
        if not Path(folder).is_dir():
            raise OptionError("--vendor", f"there is no folder {folder}")


def _check_secrets(test: K6Test, env: Mapping[str, str]) -> None:
    if not test.secret_sources:
        return
    from swell.dialects.k6.modules.secret_sources import SecretError, open_sources  # noqa: PLC0415 - few tests

    try:
        open_sources(test.secret_sources, {**os.environ, **env})
    except (SecretError, OSError, ValueError) as error:
        raise OptionError("", str(error)) from None


def _flag_options(given: Given) -> dict[str, Any]:
    """The options that flags set, as k6's JSON has them."""
    from swell.dialects.k6.flags import FLAGS  # noqa: PLC0415 - the table of what is in `given`

    found: dict[str, Any] = {}
    for flag in FLAGS:
        if not flag.option or flag.name not in given.flags:
            continue
        value: Any = given.flags[flag.name]
        name = f"--{flag.name}"
        parser = OPTIONS[flag.option].parse
        if parser is duration:
            parsed: Any = duration(name, value, units=True)
        elif parser is stages:
            parsed = [row for each in value for row in stages(name, each, units=True) or []]
        elif parser is text_map:
            parsed = dict(_tag(name, each) for each in value)
        elif parser in {texts, address_ranges, ciphers, host_patterns}:
            parsed = [part for each in ([value] if isinstance(value, str) else value) for part in parser(name, each)]
        elif parser is boolean or parser is text:
            parsed = value
        else:
            parsed = parser(name, value)
        if parsed is not None:
            found[flag.option] = parsed
    return found


def _config(given: Given, warnings: list[str]) -> dict[str, Any]:
    """The options of the configuration file."""
    named = given.one("config") or os.environ.get("K6_CONFIG", "")
    path = Path(named or _CONFIG).expanduser()
    if not named and not path.is_file():
        return {}
    try:
        raw: Any = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise OptionError("--config", f"{path}: {error.strerror}", _NO_CODE) from None
    except ValueError as error:
        raise OptionError("--config", f"{path} is no JSON: {error}") from None
    if not isinstance(raw, dict):
        raise OptionError("--config", f"{path} must hold an object with options")
    # Settings of k6's other parts stand in the same file.
    entries = cast("dict[str, Any]", raw)
    options = {key: value for key, value in entries.items() if key in OPTIONS}
    found, more = decode(str(path), options)
    warnings += more
    return found


def _script_options(vu: K6Vu, archived: Mapping[str, Any] | None) -> dict[str, Any]:
    context = vu.context
    assert context is not None
    if archived is not None:
        return {key: value for key, value in archived.items() if value is not None}
    try:
        found = context.call("options")
    except JsError as error:
        raise OptionError("", error.message, _NO_CODE) from None
    if found is None:
        return {}
    raw = json.loads(found)
    if not isinstance(raw, dict):
        raise OptionError("", "the script's options must be an object", _NO_CODE)
    return {key: value for key, value in cast("dict[str, Any]", raw).items() if value is not None}


def _check_exports(vu: K6Vu, test: K6Test) -> None:
    context = vu.context
    assert context is not None
    names: list[str] = context.call("names")
    if not names:
        raise OptionError(
            "", f"{test.script}: the script exports no functions; `export default function () {{ ... }}`", _NO_CODE
        )
    for name, scenario in test.scenarios.items():
        if scenario["exec"] not in names:
            raise OptionError(
                f"scenario {name}",
                f"the script exports no function {scenario['exec']!r}; it exports: {', '.join(names)}",
            )


def _is_off(given: Given, environ: Mapping[str, str]) -> bool:
    return given.has("no-thresholds") or environ.get("K6_NO_THRESHOLDS", "").lower() in {"true", "1"}


def _extra_criteria(given: Given) -> list[str]:
    """Criteria of Swell's own flags."""
    lines = list(given.many("threshold"))
    for file in given.many("thresholds"):
        try:
            lines += threshold_lines(Path(file).read_text("utf-8"), file)
        except (OSError, ValueError) as error:
            raise OptionError("--thresholds", f"{file}: {getattr(error, 'strerror', None) or error}") from None
    if given.has("fail-on-checks"):
        lines.append("checks: rate == 1")
    if given.has("fail-on-exceptions"):
        lines.append("script_errors: count == 0")
    for line in lines:
        try:
            parse_threshold(line)
        except ThresholdError as error:
            raise OptionError("--threshold", str(error)) from None
    return lines


def _plan(given: Given, test: K6Test, env: Mapping[str, str], criteria: list[str]) -> Plan:
    time_scale, load_scale = _factor(given, "time-scale"), _factor(given, "load-scale")
    if (time_scale, load_scale) != (1.0, 1.0):
        test.scenarios = {name: scaled(each, time_scale, load_scale) for name, each in test.scenarios.items()}
    whole, part = test.scenarios, part_of(test.options)
    if part is not None:
        test.scenarios = {name: made for name, each in whole.items() if (made := part.scenario(each)) is not None}
    return make_plan(
        test.script,
        test.options,
        whole,
        part=part,
        env=env,
        settings=test.pack(),
        thresholds=criteria,
        name=Path(test.script).name,
    )


def _factor(given: Given, name: str) -> float:
    value = given.one(name, "1")
    try:
        factor = float(value)
    except ValueError:
        factor = 0.0
    if not 0 < factor < 1e6:
        raise OptionError(f"--{name}", f"is a factor such as 0.1, not {value!r}")
    return factor
