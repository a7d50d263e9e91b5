"""The way into one engine context and back: calls, errors, stops, the C stack.

Rules: user code runs only inside `enter` or `run_jobs`, and everything that comes out of it has passed the try/catch
of core.js, because the binding would otherwise run a script's toString() where a host call ends the process. One
fiber at a time owns a context. Calls nested through host functions share the stack limit of the outermost one: the
binding would give each a fresh one and let endless recursion overrun the real stack.
"""

from __future__ import annotations

from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from greenlet import getcurrent

from swell.dialects.javascript.errors import JsError, JsLimitError, JsThrow, parse_stack
from swell.dialects.javascript.native import SLOT, native
from swell.dialects.javascript.services import describe_error
from swell.dialects.javascript.values import is_safe
from swell.dialects.javascript.watch import Pulse, RunningTime
from swell.runtime.fiber import Fiber

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from swell.dialects.javascript.host import JsLimits
    from swell.dialects.javascript.program import JsProgram
    from swell.runtime.hub import Hub

__all__ = ["Gate"]

# Thrown where a script is stopped; its text is our own, and no script can change it.
_STOP = """(() => {
  const stop = new Error('stopped');
  Object.defineProperty(stop, 'toString', { value: () => 'stopped' });
  Object.defineProperty(stop, 'stack', { value: '' });
  return Object.freeze(stop);
})()"""
_ROOM = 96 * 1024  # bytes of C stack that a nested call needs at least

_gates: WeakValueDictionary[int, Gate] = WeakValueDictionary()
_callbacks: list[Any] = []  # made once: the engine keeps their addresses
_count = 0


def _ask(key: int) -> bool:
    gate = _gates.get(key)
    return gate is not None and gate.must_stop()


def _load(key: int, inner: int, name: str) -> int | None:
    gate = _gates.get(key)
    try:
        module = gate.program.modules.get(name) if gate is not None else None
        if module is not None and module.code is not None:
            return native().load_module(inner, module.code)
        native().throw_missing(inner, f"there is no module {name!r}")
    except Exception as error:
        native().throw_missing(inner, str(error))
    return None


def _note_rejection(key: int) -> None:
    gate = _gates.get(key)
    if gate is not None:
        gate.rejected = True


class _Dropped(BaseException):
    """What stops the leftovers of a failed call."""


class Gate:
    """One engine context with its limits."""

    def __init__(self, program: JsProgram, hub: Hub | None, pulse: Pulse | None, limits: JsLimits) -> None:
        engine = native()
        if not _callbacks:
            _callbacks.extend(
                (
                    engine.interrupt_callback(_ask),
                    engine.loader_callback(_load),
                    engine.tracker_callback(_note_rejection),
                )
            )
        self.program = program
        self.hub = hub
        self.limits = limits
        self.limit_seconds = limits.run_seconds
        self.fatal = program.host.fatal
        self.given: dict[int, Callable[..., Any]] = {}
        self.rejected = False
        self.depth = 0
        self._native = engine
        self._exception = engine.exception
        self._calls = program.table.calls
        self._time = RunningTime(pulse)
        self._owner: object = None
        self._stopped: BaseException | None = None
        self._error: BaseException | None = None
        self._raised: dict[int, BaseException] = {}
        self._raised_count = 0
        self._floor = 0

    def open(self, context: Any) -> None:
        """Make the engine context; host functions get `context` first."""
        global _count  # noqa: PLW0603 - keys are process-wide, as the callbacks are
        self.context = context
        self._engine = self._native.new_context()
        self._runtime, self._inner = self._native.pointers(self._engine)
        self._engine.set_memory_limit(self.limits.memory)
        self._engine.set_max_stack_size(self.limits.stack)
        _count += 1
        self._key = _count
        _gates[_count] = self
        self._native.watch(self._runtime, _count, *_callbacks)
        self._engine.add_callable(SLOT, self._host)
        python = self._engine.get(SLOT)
        stop = self._engine.eval(_STOP)
        self._engine.set(SLOT, stop)
        self._native.make_uncatchable(self._inner)
        # None of this is user code yet.
        core = self._part("core")(python, stop, self._part("load"))
        self._enter, self._failed = self._fields(core, "enter", "FAILED")
        self._part("setup")(core, self.program.table.start)

    def _part(self, name: str) -> Any:
        self._native.load_function(self._inner, self.program.part(0, name))
        return self._engine.get(SLOT)

    def _fields(self, value: Any, *names: str) -> list[Any]:
        """Properties of a JavaScript object of ours."""
        self._engine.set(SLOT, value)
        return [self._engine.eval(f"globalThis['{SLOT}'].{name}") for name in names]

    def close(self) -> None:
        """Free the engine context. Raises RuntimeError while it is in use."""
        if self._owner is not None:
            raise RuntimeError("a script's context cannot be closed while it runs")
        _gates.pop(self._key, None)
        self.given.clear()
        for name in ("_enter", "_failed", "_engine", "context"):
            self.__dict__.pop(name, None)

    # Python to JavaScript.

    def begin(self) -> bool:
        """Own the context; False if this fiber does already. Raises RuntimeError if another one has it."""
        current = getcurrent()
        if self._owner is not None:
            if self._owner is not current:
                raise RuntimeError("this script's context is busy: one fiber at a time may call into it")
            return False
        if "_engine" not in self.__dict__:
            raise RuntimeError("this script's context is closed")
        self._owner = current
        self._time.begin()
        return True

    def end(self) -> None:
        """Give up the context, after a `begin` that was True."""
        self._owner = None
        self._stopped = self._error = None
        if self._raised:
            self._raised.clear()

    @contextmanager
    def owned(self) -> Generator[None]:
        """Own the context for a few operations."""
        outermost = self.begin()
        try:
            yield
        finally:
            if outermost:
                self.end()

    def enter(self, *arguments: Any) -> Any:
        """Run one operation of core.js. Raises JsError, JsLimitError, or what stopped the script."""
        nested = self.depth > 0
        if nested:
            self._share_stack()
        self.depth += 1
        try:
            outcome = self._enter(*arguments)
        except self._exception as error:
            raise self._out_of_engine(error) from None
        finally:
            self.depth -= 1
            if self._floor and not self.depth:
                self._floor = 0
                self._engine.set_max_stack_size(self.limits.stack)
        if self._stopped is not None and not nested:
            raise self._stopped
        return outcome

    def run_jobs(self) -> None:
        """Run the reactions of settled promises until none is left."""
        execute = self._engine.execute_pending_job
        if self.depth:
            self._share_stack()
        self.depth += 1
        try:
            while execute():
                if self._stopped is not None:  # a job that never waits may queue the next one for ever
                    raise self._stopped
        except self._exception as error:
            raise self._out_of_engine(error) from None
        finally:
            self.depth -= 1
        if self._stopped is not None and not self.depth:
            raise self._stopped

    def drop_jobs(self) -> None:
        """Get rid of the reactions that a failed call left: they run, but come no further than their first host call.

        A chain of reactions without end is broken where the engine asks for a stop; at worst this gives up after
        a tenth of a second and the next call meets the rest.
        """
        self._stopped = _Dropped()
        self.depth += 1
        end = perf_counter() + 0.1
        try:
            while perf_counter() < end:
                try:
                    if not self._engine.execute_pending_job():
                        break
                except self._exception:
                    continue
        finally:
            self.depth -= 1
            self._stopped = self._error = None

    def _share_stack(self) -> None:
        """Before a nested call: it may use what is left of the outermost call's stack."""
        engine = self._native
        if not self._floor:
            self._floor = engine.stack_top(self._runtime) - self.limits.stack
        room = engine.stack_pointer(self._runtime) - self._floor
        # The engine's notion of the stack's top has moved here, so its limit must be given anew in any case.
        self._engine.set_max_stack_size(max(room, 1))
        if room < _ROOM:
            raise JsThrow("RangeError", "Maximum call stack size exceeded")

    def _out_of_engine(self, error: Exception) -> BaseException:
        """What an exception that no catch of core.js could hold means: a stop, or a limit of the engine."""
        title, _, stack = str(error).partition("\n")
        frames = parse_stack(stack, self.program.column_of)
        if self._stopped is not None:
            if isinstance(self._stopped, JsLimitError) and not self._stopped.frames:
                self._stopped = JsLimitError(self._stopped.limit, self._stopped.message, frames)
            return self._stopped
        if "out of memory" in title or (title == "null" and self.had_no_memory()):
            return self.limit_error("memory", frames)
        if "call stack" in title or "stack overflow" in title:
            return self.limit_error("stack", frames)
        name, _, message = title.partition(": ")
        return JsError(name, message, frames) if message else JsError("", title, frames)

    def limit_error(self, limit: str, frames: Any = ()) -> JsLimitError:
        """The error of a limit, told for people."""
        text = {
            "memory": f"the script used more than {self.limits.memory // 1024 // 1024} MB of memory",
            "stack": "the script's functions call each other too deeply (endless recursion?): "
            "Maximum call stack size exceeded",
            "time": f"the script ran for more than {self.limit_seconds:g} s without a pause (an endless loop?)",
        }[limit]
        return JsLimitError(limit, text, frames)

    # JavaScript to Python.

    def _host(self, number: int, *arguments: Any) -> Any:
        """What every host call of a script comes to. Never raises; the engine could not bear it."""
        if self._stopped is not None:
            return None if number == 1 else self._failed
        try:
            call = self._calls[number] if number >= 0 else self.given[number]
            result = call(self.context, *arguments)
            if isinstance(result, str):
                if not result.isascii() and not is_safe(result):
                    result = result.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            elif isinstance(result, int) and not -(2**31) <= result < 2**31:
                result = float(result)
        except BaseException as error:
            return self._fail(error)
        return result

    def _fail(self, error: BaseException) -> Any:
        timed_out = isinstance(error, JsLimitError) and error.limit == "time"
        if timed_out or not isinstance(error, Exception) or isinstance(error, self.fatal):
            self._stopped = error
        else:
            self._error = error
        return self._failed

    def fail_with(self, error: BaseException) -> None:
        """The error that the next `take_error` is about."""
        self._error = error

    def take_error(self) -> str | None:
        """The failed call's error as core.js wants it; None if the script is to be stopped."""
        error, self._error = self._error, None
        if error is None:
            return None
        self._raised_count += 1
        self._raised[self._raised_count] = error
        if len(self._raised) > 64:  # a script that catches all it gets
            self._raised.pop(next(iter(self._raised)))
        return describe_error(error, self._raised_count)

    def raised(self, number: object) -> BaseException | None:
        """The Python exception behind an error that a script let through."""
        return self._raised.get(number) if isinstance(number, int) else None

    def load(self, what: int, name: str) -> None:
        """Leave a compiled function in the slot."""
        self._native.load_function(self._inner, self.program.part(what, name))

    def parse(self, text: str) -> Any:
        """A JavaScript value from JSON, to be returned to the script at once."""
        return self._engine.parse_json(text)

    # Limits.

    def must_stop(self) -> bool:
        """The engine asks, from the middle of a running script. Never raises."""
        if self._stopped is not None:
            return True
        try:
            kept = self._time.tick()
            if self._time.spent > self.limit_seconds:
                self._stopped = self.limit_error("time")
                return True
            if kept > self.limits.slice_seconds and self.hub is not None and isinstance(getcurrent(), Fiber):
                self.hub.sleep(0)
                self._time.paused()
        except BaseException as error:
            self._stopped = error
        return self._stopped is not None

    def collect(self) -> None:
        """Free unreachable cycles now, and look again when the context has grown by half."""
        if self._owner is None:
            self._native.collect(self._runtime)
            self._native.collect_at(self._runtime, self._engine.memory()["malloc_size"] + 96 * 1024)

    def had_no_memory(self) -> bool:
        """Whether the context has come near its limit: the engine throws null where even an error needs too much."""
        return self._native.grown_to(self._runtime) > self.limits.memory // 4

    def memory(self) -> dict[str, int]:
        """The engine's own figures, in bytes and counts."""
        return self._engine.memory()
