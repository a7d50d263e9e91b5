"""What Artillery would ignore in silence: misspelled keys, plugins that are configured but not on, templates that call
what does not exist.

Rules: pure; findings are warnings with a place, in the order of the file. Keys of Artillery 1 and 2 are known, those of
steps as the flow has them. Nothing here keeps a test from running.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from swell.dialects.artillery.mistakes import Place
from swell.dialects.artillery.shapes import list_of, mapping_of

if TYPE_CHECKING:
    from swell.dialects.artillery.documents import Document

__all__ = ["Finding", "lint", "plugin_notes", "transform_notes"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VERBS = _words("get post put patch delete head options")
_STEPS = _VERBS | _words("think log function loop parallel connect disconnect send wait emit response")
_BESIDE_LOOP = _words("count over whileTrue loopValue loopElement limit name")
_BESIDE_EMIT = _words("emit response acknowledge namespace reconnect")
_BESIDE_CONNECT = _words("connect namespace")
_TOP = _words("config scenarios before after name version")
_CONFIG = _words(
    "target phases mode engine environments payload variables defaults http tls timeout processor plugins engines ws "
    "socketio ensure apdex includeFiles bundling statsInterval name lambda fargate expect tcp phasesDefaults "
    "influxdb statsd"
)
_SECTIONS: Mapping[str, frozenset[str]] = {
    "http": _words("timeout pool maxSockets extendedMetrics defaults cookieJarOptions distributedTracing"),
    "defaults": _words("headers cookie strictCapture think"),
    "ensure": _words("thresholds conditions min max median p95 p99 maxErrorRate"),
}
_PHASE = _words("name duration arrivalRate rampTo arrivalCount maxVusers pause mode users")
_PAYLOAD = _words("path fields order skipHeader loadAll name delimiter cast skipEmptyLines options")
_SCENARIO = _words(
    "name weight engine flow beforeScenario afterScenario beforeRequest afterResponse onError phases testFunction "
    "flowFunction id socketio"
)
_REQUEST = _words(
    "url uri name headers json body form formData setContentLengthHeader qs cookie auth gzip followRedirect ifTrue "
    "probability beforeRequest afterResponse capture match expect think onError http2 timeout sslAuth"
)
_CAPTURE = _words("json as regexp group flags header selector attr index xpath strict multiple transform value")

_PLUGINS = _words("ensure expect metrics-by-endpoint apdex fake-data publish-metrics slack")

_NO_TRANSFORM = (
    "Artillery 2 does not know it and keeps the value as it came, and so does this; write a function of the processor, "
    "called in afterResponse or as a step, that changes context.vars"
)


class Finding(NamedTuple):
    """One warning."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


def lint(documents: Iterable[Document], config: Mapping[str, Any], scenarios: list[dict[str, Any]]) -> list[str]:
    """All warnings about the files of a test. `config` and `scenarios` are what came of them."""
    listed = list(documents)
    found = [finding for document in listed for finding in _Linter(document).findings()]
    return [*(str(each) for each in found), *plugin_notes(config, scenarios)]


def plugin_notes(config: Mapping[str, Any], scenarios: list[dict[str, Any]]) -> list[str]:
    """What is configured without its plugin being on, so that Artillery would do nothing about it; unknown plugins."""
    plugins = mapping_of(config.get("plugins"))
    notes = [
        f"config.{name} is judged here, but Artillery ignores it unless config.plugins.{name} is there"
        for name in ("ensure", "apdex")
        if config.get(name) is not None and name not in plugins
    ]
    if "expect" not in plugins and any(_has_expect(each.get("flow")) for each in scenarios):
        notes.append("expect is checked here, but Artillery ignores it unless config.plugins.expect is there")
    for name in plugins:
        if name not in _PLUGINS:
            near = difflib.get_close_matches(str(name), _PLUGINS, n=1, cutoff=0.7)
            hint = f"did you mean {near[0]!r}?" if near else "nothing of it is done (a processor may do it)"
            notes.append(f"config.plugins.{name}: there is no such plugin here; {hint}")
    return notes


def transform_notes(scenarios: list[dict[str, Any]]) -> list[str]:
    """What was captured and not transformed, in one line for a test."""
    found = any(
        "transform" in mapping_of(capture)
        for scenario in scenarios
        for request in _requests(scenario.get("flow"))
        for capture in list_of(request.get("capture")) or [request.get("capture")]
    )
    return [f"a capture has a transform: {_NO_TRANSFORM}"] if found else []


def _has_expect(steps: Any) -> bool:
    return any("expect" in request for request in _requests(steps))


def _requests(steps: Any) -> Iterator[dict[str, Any]]:
    """What all requests, messages and answers of a flow say."""
    for step in list_of(steps):
        if isinstance(step, list):
            yield from _requests(step)
        for key, spec in mapping_of(step).items():
            if key in {"loop", "parallel"}:
                yield from _requests(spec)
            elif key in _STEPS:
                yield mapping_of(spec)


class _Linter:
    """One file."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def findings(self) -> Iterator[Finding]:
        data = mapping_of(self._document.data)
        for key in data:
            if key in {"phases", "target", "environments", "plugins", "processor", "variables"}:
                yield self._at((key,), f"{key} stands outside of config and is ignored: move it into config")
            else:
                yield from self._unknown(key, _TOP, (key,), "this file")
        yield from self._config(mapping_of(data.get("config")), ("config",))
        for place, scenario in enumerate(list_of(data.get("scenarios"))):
            yield from self._scenario(mapping_of(scenario), ("scenarios", place))
        for hook in ("before", "after"):
            yield from self._flow(mapping_of(data.get(hook)).get("flow"), (hook, "flow"))

    def _config(self, config: Mapping[str, Any], at: tuple[str | int, ...]) -> Iterator[Finding]:
        for key in config:
            yield from self._unknown(key, _CONFIG, (*at, key), "config")
        for section, known in _SECTIONS.items():
            for key in mapping_of(config.get(section)):
                yield from self._unknown(key, known, (*at, section, key), f"config.{section}")
        for place, phase in enumerate(list_of(config.get("phases"))):
            for key in mapping_of(phase):
                yield from self._unknown(key, _PHASE, (*at, "phases", place, key), "a phase")
        payload = config.get("payload")
        for place, spec in enumerate(list_of(payload) or [payload]):
            for key in mapping_of(spec):
                where = (*at, "payload", place, key) if isinstance(payload, list) else (*at, "payload", key)
                yield from self._unknown(key, _PAYLOAD, where, "a payload")
        for name, part in mapping_of(config.get("environments")).items():
            yield from self._config(mapping_of(part), (*at, "environments", name))

    def _scenario(self, scenario: Mapping[str, Any], at: tuple[str | int, ...]) -> Iterator[Finding]:
        for key in scenario:
            if key in _VERBS:
                yield self._at(
                    (*at, key), f"{key} stands beside the flow and is never sent: make it a step of the flow"
                )
            else:
                yield from self._unknown(key, _SCENARIO, (*at, key), "a scenario")
        yield from self._flow(scenario.get("flow"), (*at, "flow"))

    def _flow(self, steps: Any, at: tuple[str | int, ...]) -> Iterator[Finding]:
        for place, step in enumerate(list_of(steps)):
            here = (*at, place)
            if isinstance(step, list):
                yield from self._flow(step, here)
                continue
            fields = mapping_of(step)
            verb = next((key for key in fields if key.lower() in _STEPS), None)
            beside = frozenset[str]()
            if verb in {"loop", "parallel"}:
                beside = _BESIDE_LOOP
            elif verb in {"emit", "response"}:
                beside = _BESIDE_EMIT
            elif verb == "connect":
                beside = _BESIDE_CONNECT
            if fields and verb is None:
                key = next(iter(fields))
                near = difflib.get_close_matches(key.lower(), _STEPS, n=1, cutoff=0.7)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                yield self._at(
                    (*here, key), f"{key!r} is no step that is known, so it is sent as a method of HTTP{hint}"
                )
            for key in fields:
                if verb is not None and key != verb and key not in beside:
                    said = f"a step has one key, but {key} stands beside {verb}"
                    advice = f": indent it further if it belongs to {verb}" if key in _REQUEST else ""
                    yield self._at((*here, key), said + advice)
            if verb in {"loop", "parallel"}:
                yield from self._flow(fields.get(verb), (*here, verb))
            elif verb is not None and verb.lower() in _VERBS:
                yield from self._request(mapping_of(fields.get(verb)), (*here, verb))

    def _request(self, request: Mapping[str, Any], at: tuple[str | int, ...]) -> Iterator[Finding]:
        for key in request:
            yield from self._unknown(key, _REQUEST, (*at, key), "a request")
        capture = request.get("capture")
        for place, each in enumerate(list_of(capture) or [capture]):
            where = (*at, "capture", place) if isinstance(capture, list) else (*at, "capture")
            for key in mapping_of(each):
                if key == "transform":
                    yield self._at((*where, key), f"transform: {_NO_TRANSFORM}")
                yield from self._unknown(key, _CAPTURE, (*where, key), "a capture")

    def _unknown(self, key: str, known: frozenset[str], at: tuple[str | int, ...], what: str) -> Iterator[Finding]:
        if key in known or key.startswith(("_", "x-")):
            return
        folded = {name.lower(): name for name in known}
        near = difflib.get_close_matches(key.lower(), folded, n=1, cutoff=0.7)
        hint = f"; did you mean {folded[near[0]]!r}?" if near else ""
        yield self._at(at, f"{what} has no key {key!r}, it is ignored{hint}")

    def _at(self, path: tuple[str | int, ...], message: str) -> Finding:
        return Finding(self._document.place(*path), message)
