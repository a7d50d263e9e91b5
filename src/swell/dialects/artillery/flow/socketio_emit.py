"""The step `emit`: an event, and what shall come back as an event or an acknowledgement.

Rules: a response is the first event on its channel, after the emit, that has the data and satisfies match and capture;
others are left alone, and only the timeout makes the step fail. Data is compared as in Artillery: a text is contained
in the last argument, a list is all arguments, anything else is the last one. `socketio.response_time` runs from the
emit to the last answer; an emit without one is not measured.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from swell.dialects.artillery.flow.answers import Message
from swell.dialects.artillery.flow.captures import FAILED_CAPTURE, compile_captures
from swell.dialects.artillery.flow.socketio_packets import ACK, DISCONNECT, EVENT
from swell.dialects.artillery.flow.templates import compile_template, render_text
from swell.dialects.artillery.flow.values import UNDEFINED, js_text, json_text, truthy
from swell.dialects.artillery.flow.ws_engine import step_timeout

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.socketio_connection import Incoming, SocketioConnection
    from swell.dialects.artillery.flow.socketio_engine import SocketioEngine
    from swell.dialects.artillery.flow.vuser import Vuser
    from swell.dialects.artillery.flow.ws_queue import Reader

__all__ = ["Emit", "Receive"]

_BESIDE: Final = ("namespace", "response", "acknowledge")
_NUMBER: Final = re.compile(r"\.(\d+)(?=[.\[]|$)")


class Emit:
    """One emit. Raises ValueError for a step that is none."""

    def __init__(self, engine: SocketioEngine, spec: Mapping[str, Any]) -> None:
        emit = spec["emit"]
        given: dict[str, Any] = dict(cast("Mapping[str, Any]", emit)) if isinstance(emit, Mapping) else {}
        # In Artillery 1 these stand inside of emit.
        beside = {name: spec.get(name, given.get(name)) for name in _BESIDE}
        if isinstance(emit, Mapping):
            if "channel" not in given and "on" not in given:
                raise ValueError("emit needs a channel, or a list of the event's name and its arguments")
            channel = given.get("channel", given.get("on"))
            arguments = given.get("args")
            listed = cast("list[Any]", arguments) if isinstance(arguments, list) else [given.get("data")]
            self._arguments = compile_template([channel, *listed])
        else:
            self._arguments = compile_template(emit if isinstance(emit, list) else [emit])
        self._engine = engine
        self._namespace = compile_template(str(beside["namespace"] or ""))
        self._anew = spec.get("reconnect") in {True, "true"}
        self._responses = [_Response(engine, each) for each in _each(beside["response"])]
        acknowledge = beside["acknowledge"]
        self._acknowledge: _Answer | None = None
        if acknowledge is not None and acknowledge is not False:
            self._acknowledge = _Answer(engine, acknowledge)

    def run(self, vu: Vuser) -> None:
        """As `Step.run`."""
        namespace = render_text(self._namespace, vu)
        connection, joined = self._engine.joined(vu, namespace, anew=self._anew)
        arguments = cast("list[Any]", self._arguments(vu))
        inbox = connection.inbox
        acknowledge = self._acknowledge
        if acknowledge is None and not self._responses:
            connection.emit(joined, arguments, acknowledged=False)
            _count(vu)
            return
        # A reader keeps what comes from the emit on; each answer is looked for from there.
        with inbox.reader(fresh=True):
            readers = [inbox.reader(fresh=True) for _ in self._responses]
            last = inbox.reader(fresh=True)
            started = came = vu.hub.time()
            number = connection.emit(joined, arguments, acknowledged=acknowledge is not None)
            _count(vu)
            for response, reader in zip(self._responses, readers, strict=True):
                came = max(came, response.find(vu, connection, reader, joined))
            if acknowledge is not None:
                came = max(came, _acknowledged(vu, connection, last, (joined, number), acknowledge))
        vu.metrics.histogram("socketio.response_time", round((came - started) * 1000.0, 3))


class Receive:
    """A step `response` without an emit: an event that comes, or has come. Raises ValueError where it is none."""

    def __init__(self, engine: SocketioEngine, spec: Mapping[str, Any]) -> None:
        self._engine = engine
        self._namespace = compile_template(str(spec.get("namespace") or ""))
        self._responses = [_Response(engine, each) for each in _each(spec["response"])]

    def run(self, vu: Vuser) -> None:
        """As `Step.run`."""
        connection, joined = self._engine.joined(vu, render_text(self._namespace, vu))
        started = vu.hub.time()
        for response in self._responses:
            with connection.inbox.reader(fresh=False) as reader:
                came = response.find(vu, connection, reader, joined)
            vu.metrics.histogram("socketio.wait_time", round(max(0.0, came - started) * 1000.0, 3))


def _count(vu: Vuser) -> None:
    vu.metrics.counter("socketio.emit")
    vu.metrics.rate("socketio.emit_rate")


def _each(spec: Any) -> list[Any]:
    if spec is None:
        return []
    return cast("list[Any]", spec) if isinstance(spec, list) else [spec]


def _acknowledged(
    vu: Vuser, connection: SocketioConnection, reader: Reader[Incoming], wanted: tuple[str, int], answer: _Answer
) -> float:
    """The time at which the acknowledgement came; its captures are stored. Raises VuserFailed."""
    namespace, number = wanted

    def mine(each: Incoming) -> bool:
        if each.namespace != namespace:
            return False
        return each.kind == DISCONNECT or (each.kind == ACK and each.id == number)

    found = reader.find(mine, vu.hub.time() + answer.timeout)
    if found is None or found.item.kind == DISCONNECT:
        lost = connection.lost(namespace)
        raise vu.failure(lost or "response timeout", f"no acknowledgement came for {answer.timeout:g} s")
    code, why = answer.judge(vu, found.item.args, found.item.args)
    if code:
        raise vu.failure(code, f"acknowledgement: {why}")
    return found.at


class _Answer:
    """What is wanted of arguments: data, match, capture."""

    def __init__(self, engine: SocketioEngine, spec: Any) -> None:
        test = engine.test
        self._single = engine.single
        given: dict[str, Any] = dict(cast("Mapping[str, Any]", spec)) if isinstance(spec, Mapping) else {}
        data = given.get("data")
        self._data = compile_template(given.get("args") if data is None else data)
        self._concat = compile_template(given.get("concat"))
        captures = [_with_path(each) for each in _each(given.get("capture"))]
        matches = [_with_path(each) for each in _each(given.get("match"))]
        self._captures = compile_captures(captures or None, matches or None, strict=test.strict_capture)
        self._code = "Failed match" if matches else FAILED_CAPTURE
        self.timeout = step_timeout(test, given.get("timeout"))

    def judge(self, vu: Vuser, arguments: list[Any], all_arguments: list[Any]) -> tuple[str, str]:
        """("", "") if these are wanted, their captures stored; else the code of the error, and why.

        `all_arguments`: of all events so far, one after the other.
        """
        data = self._data(vu)
        if data is not None and data is not UNDEFINED:
            concat = truthy(self._concat(vu))
            if not (_has(data, arguments, concat=concat) or _has(data, all_arguments, concat=concat)):
                return "data is not valid", f"{_shown(arguments)} came, not {_shown(data)}"
        if self._captures is not None:
            text = json_text(arguments)
            failed = self._captures.apply(Message(text), vu)
            if failed and self._single and len(arguments) == 1:
                failed = self._captures.apply(Message(json_text(arguments[0])), vu) and failed
            if failed:
                return self._code, f"{'; '.join(failed)} in {_shown(arguments)}"
            vu.variables["$"] = text
        return "", ""


class _Response(_Answer):
    """One event that is waited for."""

    def __init__(self, engine: SocketioEngine, spec: Any) -> None:
        if isinstance(spec, str):
            spec = {"channel": spec}
        channel: Any = None
        if isinstance(spec, Mapping):
            given = cast("Mapping[str, Any]", spec)
            channel = given.get("channel", given.get("on"))
        if not channel:
            raise ValueError(f"response needs a channel: the name of the event that is waited for, not {spec!r}")
        super().__init__(engine, spec)
        self._channel = compile_template(str(channel))

    def find(self, vu: Vuser, connection: SocketioConnection, reader: Reader[Incoming], namespace: str) -> float:
        """The time at which the event came. Raises VuserFailed."""
        channel = render_text(self._channel, vu)
        together: list[Any] = []
        code = why = ""

        def mine(each: Incoming) -> bool:
            nonlocal code, why
            if each.namespace != namespace:
                return False
            if each.kind == DISCONNECT:
                return True
            if each.kind != EVENT or each.name != channel:
                return False
            together.extend(each.args)
            code, why = self.judge(vu, each.args, together)
            return not code

        found = reader.find(mine, vu.hub.time() + self.timeout)
        if found is not None and found.item.kind == EVENT:
            return found.at
        if code:
            vu.log("debug", f"{channel}: {why}")
            raise vu.failure(code, f"{channel}: {why}")
        lost = connection.lost(namespace)
        raise vu.failure(lost or "response timeout", f"{channel}: {lost or f'no event came for {self.timeout:g} s'}")


def _with_path(spec: Any) -> Any:
    """A capture or match of arguments: by default of the first; `$.0.name` and `$[0].name` are the same."""
    if not isinstance(spec, Mapping):
        return spec
    given = dict(cast("Mapping[str, Any]", spec))
    if not any(kind in given for kind in ("json", "regexp", "header", "selector", "xpath")):
        given["json"] = "$.0"
    if isinstance(given.get("json"), str):
        given["json"] = _NUMBER.sub(r"[\1]", given["json"])
    return given


def _has(data: Any, arguments: list[Any], *, concat: bool) -> bool:
    """Whether arguments are, or hold, the data."""
    last = arguments[-1] if arguments else UNDEFINED
    if isinstance(data, list):
        return _same(data, arguments) or _same(data, last)
    if isinstance(data, Mapping):
        found = cast("Mapping[str, Any]", data)
        return _same(found, last) or _same({key: each for key, each in found.items() if key != "json"}, last)
    if isinstance(data, str):
        return data in ("".join(map(js_text, arguments)) if concat else js_text(last))
    return _same(data, last) or js_text(data) == js_text(last)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON."""
    if isinstance(one, list) and isinstance(other, list):
        left, right = cast("list[Any]", one), cast("list[Any]", other)
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        first, second = cast("Mapping[str, Any]", one), cast("Mapping[str, Any]", other)
        return first.keys() == second.keys() and all(_same(value, second[key]) for key, value in first.items())
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _shown(value: Any) -> str:
    text = json_text(value)
    return text if len(text) <= 200 else f"{text[:197]}..."
