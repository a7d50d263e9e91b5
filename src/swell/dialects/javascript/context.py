"""One user's copy of a script: its globals, its modules' state, its timers, and the calls into it.

Rules: call it from one fiber at a time; host functions may block that fiber. A call is over when the function's
promise is settled, or, with `wait="drained"`, when also no timer and no pending operation is left (the end of an
iteration in k6). An error that nobody caught, in the function, in a timer or as a rejection nobody handled, ends the
call and clears timers and operations. The context stays usable after any error, stops and limits included. A context
with a typical script takes about 220 KB (166 of them the engine's own) and 1 ms to make: keep host modules small.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from swell.dialects.javascript.errors import JsError
from swell.dialects.javascript.gate import Gate
from swell.dialects.javascript.imports import ESM
from swell.dialects.javascript.jobs import JobQueue, JsOperation
from swell.dialects.javascript.values import (
    PROMISE,
    UNDEFINED,
    Json,
    crosses,
    decode,
    encode,
    error_from,
    pack,
    unpack,
)
from swell.dialects.javascript.watch import Pulse
from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from swell.dialects.javascript.program import JsProgram
    from swell.dialects.javascript.shared import Shared
    from swell.runtime.hub import Hub

__all__ = ["JsContext", "JsFunction"]

Wait = Literal["settled", "drained", "now"] | Callable[[], bool]

# Operations of core.js, then those of rare.js.
_CALL, _OUTCOME, _FIRE, _DONE, _SET, _EXPORT = range(6)
_MAIN, _RELEASE, _REJECTIONS, _NAMES, _CLEAR, _JSON, _REQUIRE, _LOADED = range(6, 14)


class JsFunction:
    """A script's function in Python's hands. Call it, from the fiber that is in the context; None gives null."""

    __slots__ = ("context", "handle", "is_async", "name")

    def __init__(self, context: JsContext, handle: int, name: str, is_async: bool) -> None:
        self.context = context
        self.handle = handle
        self.name = name
        self.is_async = is_async

    def __del__(self) -> None:
        # Only a note: engine values are freed inside calls, never by Python's collector, whatever thread it runs in.
        self.context.released.append(self.handle)

    def __call__(self, *arguments: object) -> Any:
        """As `JsContext.call`."""
        return self.context.call(self, arguments)

    def __repr__(self) -> str:
        return f"<JsFunction {self.name or 'anonymous'}>"


class JsContext:
    """A script's context. `state` belongs to the host. Raises what the engine cannot do as EngineMismatch."""

    def __init__(
        self,
        program: JsProgram,
        *,
        hub: Hub | None = None,
        state: Any = None,
        shared: Shared | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        self.program = program
        self.hub = hub
        self.state = state
        self._shared = shared
        self.jobs = JobQueue(hub)
        self.settled: set[int] = set()
        self.released: deque[int] = deque()
        self._callables = 0
        if pulse is None and hub is not None:
            pulse = Pulse(hub)
        self._gate = Gate(program, hub, pulse, program.host.limits)
        self._gate.open(self)

    @property
    def shared(self) -> Shared:
        """The worker's shared data. Raises RuntimeError if the context was made without."""
        if self._shared is None:
            raise RuntimeError("this context has no shared data")
        return self._shared

    # Life.

    def load(self) -> None:
        """Run the main module (init code), top-level await included. Raises JsError."""
        program = self.program
        kind: object = "module" if program.main_kind == ESM else program.main_kind
        self._gate.limit_seconds = self._gate.limits.load_seconds
        outermost = self._gate.begin()
        try:
            outcome = self._run((_MAIN, kind, program.main), "settled")
        except BaseException:
            self._forget()
            raise
        finally:
            self._gate.limit_seconds = self._gate.limits.run_seconds
            if outermost:
                self._gate.end()
        if outcome is PROMISE:
            raise JsError("", "the script's top-level await waits for something that never comes")
        with self._gate.owned():
            self._gate.enter(_LOADED)
        self._gate.collect()

    def close(self) -> None:
        """Free the context's memory now. Raises RuntimeError while it runs."""
        self._gate.close()

    def memory(self) -> int:
        """Bytes that the engine has allocated for this context."""
        return self._gate.memory()["malloc_size"]

    # Exports and globals.

    def exports(self) -> dict[str, tuple[str, bool]]:
        """Name -> (its `typeof`, whether it is an async function)."""
        with self._gate.owned():
            return {name: (kind, is_async) for name, kind, is_async in self._value(self._gate.enter(_NAMES))}

    def export(self, name: str) -> Any:
        """One export's value; UNDEFINED if there is none."""
        with self._gate.owned():
            return self._value(self._gate.enter(_EXPORT, name))

    def export_json(self, name: str) -> str | None:
        """One export as JSON.stringify gives it; None if it is undefined."""
        with self._gate.owned():
            text = self._value(self._gate.enter(_JSON, name))
        return None if text is UNDEFINED else text

    def set_global(self, name: str, value: object) -> None:
        """Set a global variable of the script."""
        kinds, plain = pack((value,), self._callable)
        with self._gate.owned():
            self._value(self._gate.enter(_SET, name, kinds, 0, *plain))

    # Calls.

    def call(
        self,
        function: str | JsFunction,
        arguments: Sequence[object] = (),
        *,
        wait: Wait = "settled",
        convert: bool = True,
    ) -> Any:
        """Call an export (by name) or a function of the script; returns its value, of a promise the settled one.

        `wait`: "settled", "drained" (module docstring), "now" (when the promises that can be are settled), or a
        condition that is asked after every step. PROMISE is
        returned for a promise that nothing can settle any more. `convert=False` gives `Json` text for objects.
        Raises JsError for what the script did not catch, the original exception where a host function's went
        through uncaught only as its `__cause__`, and whatever is thrown into the fiber.
        """
        gate = self._gate
        outermost = gate.begin()
        try:
            function = self._function_of(function)
            kinds, plain = pack(arguments, self._callable) if arguments else (0, ())
            return self._run((_CALL, function.handle, kinds, 0, *plain), wait, convert=convert)
        except BaseException:
            if outermost:
                self._forget()
            raise
        finally:
            if outermost:
                gate.end()

    def repeat(self, function: JsFunction, *values: Any, wait: Wait = "drained") -> Any:
        """As `call`, for the call that is made again and again: `values` are plain for sure.

        Plain are numbers (whole ones within 32 bits), booleans, None and texts without NUL and lone surrogates.
        """
        gate = self._gate
        outermost = gate.begin()
        try:
            if self.released and len(self.released) > 100:
                self._release()
            outcome = gate.enter(_CALL, function.handle, 0, 0, *values)
            return self._drain(outcome, wait)
        except BaseException:
            if outermost:
                self._forget()
            raise
        finally:
            if outermost:
                gate.end()

    def _function_of(self, function: str | JsFunction) -> JsFunction:
        if isinstance(function, str):
            found = self._value(self._gate.enter(_EXPORT, function))
            if not isinstance(found, JsFunction):
                raise JsError("TypeError", f"the script exports no function {function!r}")
            return found
        if function.context is not self:
            raise ValueError("a script's function can be called in its own context only")
        return function

    def _run(self, operation: tuple[Any, ...], wait: Wait, *, convert: bool = True) -> Any:
        """Enter, then serve promises, timers and results until the call is over."""
        gate = self._gate
        if self.released and (len(self.released) > 100 or not gate.depth):
            self._release()
        return self._drain(gate.enter(*operation), wait, convert=convert)

    def _drain(self, outcome: Any, wait: Wait, *, convert: bool = True) -> Any:
        """Serve promises, timers and results until a call with this outcome is over."""
        gate, jobs = self._gate, self.jobs
        tag = outcome[:1] if isinstance(outcome, str) else ""
        ticket = int(outcome[1:]) if tag == "p" else None
        result: Any = outcome[1:] if tag == "s" else PROMISE if tag == "p" else self._value(outcome, convert=convert)
        while True:
            gate.run_jobs()
            if ticket is not None and ticket in self.settled:
                self.settled.discard(ticket)
                result, ticket = self._value(gate.enter(_OUTCOME, ticket), convert=convert), None
            if gate.rejected:
                self._report_rejections()
            if wait == "now":
                return result
            if callable(wait):
                if wait():
                    return result
            elif wait == "settled" and ticket is None:
                return result
            if jobs.idle:
                return result
            if not self._step():
                jobs.wait(current_fiber)

    def _step(self) -> bool:
        """Deliver one result or run one timer that is due; False if there is neither."""
        jobs = self.jobs
        if jobs.inbox:
            number, value, error = jobs.inbox.popleft()
            if error is not None:
                self._gate.fail_with(error)
                self._value(self._gate.enter(_DONE, number, False, 0))
            else:
                kinds, plain = pack((UNDEFINED if value is None else value,), self._callable)
                self._value(self._gate.enter(_DONE, number, True, kinds, *plain))
            return True
        timer = jobs.pop_due() if jobs.next_due() is not None else None
        if timer is None:
            return False
        self._value(self._gate.enter(_FIRE, timer))
        return True

    def _forget(self) -> None:
        """After a failure: what the script still waited for is gone."""
        self.jobs.clear()
        self.settled.clear()
        gate = self._gate
        if gate.depth:  # a nested call: what is left belongs to the calls around it
            return
        gate.drop_jobs()
        self.jobs.clear()
        with suppress(Exception):  # the failure that is under way is the one to tell
            gate.enter(_CLEAR)
        gate.rejected = False

    def _release(self) -> None:
        while count := min(len(self.released), 500):
            self._gate.enter(_RELEASE, 0, 0, 0, *(self.released.popleft() for _ in range(count)))

    def _report_rejections(self) -> None:
        self._gate.rejected = False
        self._value(self._gate.enter(_REJECTIONS), in_promise=True)

    # What host functions use.

    def operation(self) -> JsOperation:
        """A promise-to-be: return it from a host function of kind "promise", settle it later."""
        return self.jobs.operation()

    def spawn(self, call: Callable[..., Any], *arguments: Any) -> JsOperation:
        """Run `call(context, *arguments)` in a fiber of its own, like the current one; its end settles the promise."""
        if self.hub is None:
            raise RuntimeError("this works only in a running test")
        operation = self.jobs.operation()
        like = current_fiber()

        def run() -> None:
            fiber = current_fiber()
            fiber.tags, fiber.user, fiber.lag = like.tags, like.user, like.lag
            try:
                operation.resolve(call(self, *arguments))
            except Exception as error:
                operation.reject(error)

        self.hub.spawn(run)
        return operation

    def load_part(self, what: int, name: str) -> None:
        """For core.js."""
        self._gate.load(what, name)

    def take_error(self) -> str | None:
        """For core.js."""
        return self._gate.take_error()

    def require_module(self, key: str) -> None:
        """For commonjs.js: evaluate an ES module at once; its namespace is left in the slot."""
        gate = self._gate
        outcome = gate.enter(_REQUIRE, key)
        gate.run_jobs()
        ticket = int(outcome[1:]) if isinstance(outcome, str) and outcome[:1] == "p" else None
        if ticket is not None and ticket not in self.settled:
            raise JsError("Error", f"{key} has a top-level await and cannot be loaded by require()")
        self._value(gate.enter(_OUTCOME, ticket) if ticket is not None else outcome)

    # Conversions.

    def arguments(self, kinds: int, values: Sequence[Any]) -> list[Any]:
        """A script's arguments by their kinds (core.js)."""
        return unpack(kinds, values, self._function)

    def result_for_script(self, value: Any) -> Any:
        """A host function's result as `result()` of core.js wants it."""
        if value is None or isinstance(value, (bool, float)):
            return value
        if isinstance(value, str):
            return value if crosses(value) else self._gate.parse(f"[{json.dumps(value)}]")
        if isinstance(value, int) and -(2**31) <= value < 2**31:
            return value
        if value is UNDEFINED:
            return None
        text, marked = encode(value, self._callable)
        return self._gate.parse(f"[{text},1]" if marked else f"[{text}]")

    def _value(self, outcome: Any, *, convert: bool = True, in_promise: bool = False) -> Any:
        """The value of an outcome of core.js. Raises JsError for a thrown one."""
        if not isinstance(outcome, str):
            return outcome
        tag, text = outcome[:1], outcome[1:]
        if tag == "s":
            return text
        if tag == "u":
            return UNDEFINED
        if tag == "t":
            raise self._error(json.loads(text), in_promise=in_promise)
        if tag == "f":
            return JsFunction(self, *json.loads(text))
        if tag == "j" and not convert:
            return Json(text)
        return decode(text, tag == "r", self._function)

    def _error(self, record: Mapping[str, Any], *, in_promise: bool) -> BaseException:
        original = self._gate.raised(record.get("i"))
        if isinstance(original, JsError):
            return original
        error = error_from(record, self.program.column_of, in_promise=in_promise)
        no_error = not error.name and error.message == "null" and self._gate.had_no_memory()
        if no_error or (error.name == "InternalError" and error.message == "out of memory"):
            return self._gate.limit_error("memory", error.frames)
        if error.name == "RangeError" and error.message == "Maximum call stack size exceeded":
            return self._gate.limit_error("stack", error.frames)
        if original is not None:
            error.__cause__ = original
        return error

    def _function(self, handle: int, name: str, is_async: bool) -> JsFunction:
        return JsFunction(self, handle, name, is_async)

    def _callable(self, function: Callable[..., Any]) -> tuple[int, int, str]:
        """Hand a Python callable to the script: (number, kind, name) for core.js."""
        self._callables += 1

        def call(context: JsContext, kinds: int, *arguments: Any) -> Any:
            return context.result_for_script(function(*context.arguments(kinds, arguments)))

        self._gate.given[-self._callables] = call
        return -self._callables, 1, getattr(function, "__name__", "")

    def release_callable(self, number: int) -> None:
        """For core.js: the script has let go of a Python callable."""
        self._gate.given.pop(number, None)
