"""From files and the command line to one test, in Artillery's order.

Rules: files (arguments, -i, --config), then the environment, --target, --insecure, paths, --overrides, --variables, and
last the templates of `config`, filled in once. What is wrong is told with file and line. Data of the user's are read
here, nothing is sent. Whatever the test needs later is in `Loaded.test`, as plain data.
"""

from __future__ import annotations

import json
import os
import secrets
import string
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec

from swell.dialects.artillery.config_templates import UNDEFINED, filled
from swell.dialects.artillery.documents import Document, read_document
from swell.dialects.artillery.dotenv import parse_dotenv
from swell.dialects.artillery.merging import merged
from swell.dialects.artillery.mistakes import Place, ScriptError
from swell.dialects.artillery.payload import read_payloads
from swell.dialects.artillery.phases import Phase, PhaseError, read_phase
from swell.dialects.artillery.processors import Runtime
from swell.dialects.artillery.settings import ArtilleryTest
from swell.dialects.artillery.shapes import list_of, mapping_of

__all__ = ["QUIET_PLUGINS", "Given", "Loaded", "find_place", "load", "new_test_id", "phases_of"]

_SECTIONS = ("http", "tls", "defaults", "variables", "plugins", "environments", "engines", "ws", "socketio", "ensure")
_ENGINES = ("http", "ws", "websocket", "socketio", "socketio-v3")
# Artillery always switches it on, without showing it.
QUIET_PLUGINS = {"metrics-by-endpoint": {"suppressOutput": True, "stripQueryString": True}}


class Given(msgspec.Struct, kw_only=True):
    """What a command line says about a test."""

    scripts: list[str]
    inputs: list[str] = []
    config: str = ""
    environment: str = ""
    target: str = ""
    insecure: bool = False
    payload: str = ""
    overrides: str = ""
    variables: str = ""
    dotenv: str = ""
    solo: bool = False
    scenario_name: str = ""
    strict_compat: bool = False
    processor_runtime: Runtime = "auto"
    env: dict[str, str] = {}
    """Environment variables beside the process's own, such as those of `swell run --env`."""
    require_target: bool = True


class Loaded(NamedTuple):
    """A test, its load, and what should be said before it runs. `documents` know where everything stood."""

    test: ArtilleryTest
    phases: list[Phase]
    warnings: list[str]
    documents: list[Document]
    env: dict[str, str]
    """Variables that the workers need beside their own environment."""

    def check_payloads(self) -> None:
        """Read the CSV files once, to tell what is wrong with them before anything runs. Raises ScriptError."""
        read_payloads(self.test.config, lambda number: find_place(self.documents, "config", "payload", number))


def new_test_id() -> str:
    """An id for one run, as Artillery makes them."""
    letters = string.ascii_lowercase + string.digits
    text = "".join(secrets.choice(letters) for _ in range(31))
    return os.environ.get("ARTILLERY_TEST_RUN_ID") or f"t{text[:4]}_{text[4:]}"


def load(given: Given, test_id: str = "") -> Loaded:
    """The test of a command line. Raises ScriptError."""
    warnings: list[str] = []
    env = _dotenv(given, warnings)
    files = [*given.scripts, *given.inputs, *([given.config] if given.config else [])]
    documents = [read_document(file) for file in files]
    script: dict[str, Any] = {}
    for document in documents:
        if not mapping_of(document.data):
            raise ScriptError("this is no Artillery script: config and scenarios are missing", Place(document.file, 1))
        script = merged(script, document.data)
    config = _section(script, "config", documents)
    if given.environment and mapping_of(script.get("environments")) and not mapping_of(config.get("environments")):
        warnings.append("environments stand beside config and are used, but Artillery ignores them: move them into it")
        config["environments"] = script["environments"]
    config = _with_environment(config, given, documents, warnings)
    if given.target:
        config["target"] = given.target
    if given.insecure:
        config["tls"] = {**mapping_of(config.get("tls")), "rejectUnauthorized": False}
    had_target = config.get("target") is not None
    first = str(Path(given.scripts[0]).resolve())
    config_file = str(Path(given.config).resolve()) if given.config else first
    _set_paths(config, given, first, config_file, warnings)
    script["config"] = config
    if given.overrides:
        script = merged(script, _json_object(given.overrides, "--overrides"), replace_lists=True)
        config = script["config"] = _section(script, "config", documents)
    variables = _json_object(given.variables, "--variables") if given.variables else {}
    if variables:
        config["variables"] = {**mapping_of(config.get("variables")), **variables}
    everything = {**os.environ, **env}
    test_id = test_id or new_test_id()
    config = filled(
        config,
        {
            "$scenarioFile": first,
            "$dirname": str(Path(config_file).parent),
            "$testId": test_id,
            "$processEnvironment": everything,
            "$env": everything,
            "$environment": given.environment or UNDEFINED,
            **variables,
        },
    )
    _check_shapes(config, documents)
    target = config.get("target")
    if target is not None and not isinstance(target, str):
        raise ScriptError(
            f"config.target is a text such as http://localhost:3000, not {target!r}",
            find_place(documents, "config", "target"),
        )
    if not config.get("target") and not had_target and given.require_target:
        raise ScriptError(
            "no target: set config.target in the script, choose an environment with one (-e), or use --target",
            find_place(documents, "config"),
        )
    if had_target and not config.get("target"):
        warnings.append("config.target is empty: a variable that it names is not set")
    config["plugins"] = {**QUIET_PLUGINS, **mapping_of(config.get("plugins"))}
    known = {"$processEnvironment": everything, "$env": everything, **mapping_of(config.get("variables"))}
    scenarios = _scenarios(script, documents, str(config.get("engine") or "http"), known)
    test = ArtilleryTest(
        script=first,
        config_file=config_file,
        environment=given.environment,
        test_id=test_id,
        config=config,
        scenarios=scenarios,
        before=_hook(script, "before", documents),
        after=_hook(script, "after", documents),
        only=_chosen(scenarios, given.scenario_name),
        strict_compat=given.strict_compat,
        processor_runtime=given.processor_runtime,
    )
    return Loaded(test, phases_of(config, documents, solo=given.solo), warnings, documents, env)


def phases_of(config: dict[str, Any], documents: list[Document], *, solo: bool = False) -> list[Phase]:
    """The phases of a filled-in config; one VU where there are none. Raises ScriptError."""
    specs = config.get("phases")
    if solo or specs is None:
        return [read_phase({"duration": 1, "arrivalCount": 1}, 0)]
    if not isinstance(specs, list):
        raise ScriptError("config.phases is a list of phases", find_place(documents, "config", "phases"))
    found: list[Phase] = []
    for index, spec in enumerate(cast("list[Any]", specs)):
        try:
            found.append(read_phase(spec, index, str(config.get("mode") or "uniform")))
        except PhaseError as error:
            keys = ("config", "phases", index, *([error.key] if error.key else []))
            raise ScriptError(f"config.phases[{index}]: {error}", find_place(documents, *keys)) from None
    if not found:
        raise ScriptError("config.phases is empty: nothing would run", find_place(documents, "config", "phases"))
    return found


def _check_shapes(config: dict[str, Any], documents: list[Document]) -> None:
    """Sections that are something else than a mapping would break everything that looks into them."""
    plugins = config.get("plugins")
    if isinstance(plugins, list):  # names alone: on, without options
        config["plugins"] = {str(each): {} for each in list_of(plugins)}
    for name in _SECTIONS:
        value = config.get(name)
        if value is None:
            config.pop(name, None)
        elif not isinstance(value, dict):
            raise ScriptError(f"config.{name} is a mapping, not {value!r}", find_place(documents, "config", name))


def _dotenv(given: Given, warnings: list[str]) -> dict[str, str]:
    env = dict(given.env)
    if not given.dotenv:
        return env
    try:
        found = parse_dotenv(Path(given.dotenv).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        warnings.append(f"could not read dotenv file: {given.dotenv}")
        return env
    return {**{name: value for name, value in found.items() if name not in os.environ}, **env}


def _with_environment(
    config: dict[str, Any], given: Given, documents: list[Document], warnings: list[str]
) -> dict[str, Any]:
    if not given.environment:
        return dict(config)
    environments = mapping_of(config.get("environments"))
    if given.environment not in environments:
        known = f"; it has: {', '.join(environments)}" if environments else ""
        warnings.append(f"environment {given.environment} is set but is not defined in the script{known}")
        return dict(config)
    part = environments[given.environment]
    if part is not None and not isinstance(part, dict):
        raise ScriptError(
            f"the environment {given.environment} is a part of config, such as {{target: ...}}",
            find_place(documents, "config", "environments", given.environment),
        )
    return dict(merged(config, part or {}))


def _set_paths(config: dict[str, Any], given: Given, script: str, config_file: str, warnings: list[str]) -> None:
    """Make the paths of payloads and of the processor absolute (templates in them are filled in later)."""
    payload = config.get("payload")
    if given.payload:
        if len(list_of(payload)) > 1:
            raise ScriptError("-p names the file of one payload, but config.payload has several")
        one = next(iter(list_of(payload)), payload)
        payload = {**mapping_of(one), "path": str(Path(given.payload).resolve())}
    if payload is not None:
        folder = Path(script).parent
        listed = list_of(payload) or [payload]
        config["payload"] = [
            {**mapping_of(each), "path": _plain(folder / str(each["path"]))} if "path" in mapping_of(each) else each
            for each in listed
        ]
    processor = config.get("processor")
    if isinstance(processor, str) and "{{" not in processor:
        path = Path(config_file).parent / processor
        if not path.exists() and config_file != script and (Path(script).parent / processor).exists():
            warnings.append(f"config.processor is looked for beside the config file ({path}), but is beside the script")
            path = Path(script).parent / processor
        config["processor"] = _plain(path)


def _plain(path: Path) -> str:
    """A path without `..` in it (links are left as they are)."""
    return os.path.normpath(path)


def _scenarios(
    script: dict[str, Any], documents: list[Document], default_engine: str, variables: dict[str, Any]
) -> list[dict[str, Any]]:
    scenarios = script.get("scenarios")
    if not isinstance(scenarios, list) or not scenarios:
        raise ScriptError(
            '"scenarios" is missing: a list of scenarios, each with a flow', find_place(documents, "scenarios")
        )
    found: list[dict[str, Any]] = []
    for index, each in enumerate(cast("list[Any]", scenarios)):
        place = find_place(documents, "scenarios", index)
        if not isinstance(each, dict):
            raise ScriptError(f"scenarios[{index}] is a mapping with a flow, not {each!r}", place)
        scenario = dict(cast("dict[str, Any]", each))
        if "weight" in scenario:
            scenario["weight"] = filled(scenario["weight"], variables)
        engine = str(scenario.get("engine") or default_engine)
        if engine not in _ENGINES:
            raise ScriptError(
                f"scenarios[{index}] needs the engine {engine!r}, which is not there; there are {', '.join(_ENGINES)}",
                find_place(documents, "scenarios", index, "engine"),
            )
        if not isinstance(scenario.get("flow"), list):
            other = next((key for key in ("requests", "steps", "tasks") if isinstance(scenario.get(key), list)), "")
            hint = f"; rename {other} to flow" if other else ""
            raise ScriptError(
                f"scenarios[{index}] has no flow: a list of steps, such as - get: {{url: /}}{hint}", place
            )
        found.append(scenario)
    return found


def _hook(script: dict[str, Any], name: str, documents: list[Document]) -> dict[str, Any] | None:
    hook = script.get(name)
    if hook is None:
        return None
    found = dict(mapping_of(hook))
    if not isinstance(found.get("flow"), list):
        raise ScriptError(f'"{name}" is a mapping with a flow', find_place(documents, name))
    return found


def _chosen(scenarios: list[dict[str, Any]], name: str) -> int | None:
    """The index of the scenario that --scenario-name means. Raises ScriptError."""
    import re  # noqa: PLC0415 - rare

    if not name:
        return None
    try:
        pattern = re.compile(name)
    except re.error:
        pattern = re.compile(re.escape(name))
    names = [str(each.get("name") or "") for each in scenarios]
    found = [index for index, each in enumerate(names) if each == name]
    found = found or [index for index, each in enumerate(names) if each and pattern.search(each)]
    shown = ", ".join(repr(each) for each in names if each) or "none has a name"
    if not found:
        raise ScriptError(f"--scenario-name {name}: no scenario is called so; there are: {shown}")
    if len(found) > 1:
        raise ScriptError(f"--scenario-name {name}: several scenarios are called so; there are: {shown}")
    return found[0]


def _section(script: dict[str, Any], name: str, documents: list[Document]) -> dict[str, Any]:
    section = script.get(name)
    if section is None:
        return {}
    if not isinstance(section, dict):
        raise ScriptError(f'"{name}" is a mapping, not {section!r}', find_place(documents, name))
    return dict(cast("dict[str, Any]", section))


def _json_object(text: str, option: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ScriptError(f"{option} is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise ScriptError(f'{option} is a JSON object such as {{"name": "value"}}, not {text}')
    return cast("dict[str, Any]", value)


def find_place(documents: list[Document], *keys: str | int) -> Place:
    """Where a value stands: in the last document that has it, or as near as can be."""
    for length in range(len(keys), 0, -1):
        for document in reversed(documents):
            found = document.places.get(keys[:length])
            if found is not None:
                return found
    return Place(documents[0].file)
