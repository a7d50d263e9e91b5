"""The engine's own C interface beside its Python binding: bytecode, modules, interrupts, rejections.

Rules: the `quickjs-ng` binding makes contexts, calls and values; what it lacks (compile once and load many times,
a module loader, a handler that is asked while a script runs, unhandled rejections) is reached through the same
library's public C functions (quickjs.h) with ctypes. Nothing here runs user code except inside a call that the
binding began: only then may the script call back into Python. The two facts that are not public, where a context
keeps its pointers and a runtime its stack limits, are found by experiment when the library is loaded; if they do not
fit, `native()` raises `EngineMismatch` and no script runs. Memory addresses are plain ints.
"""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_bool, c_char_p, c_int, c_int64, c_size_t, c_uint64, c_void_p
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SLOT", "EngineMismatch", "JsContextHandle", "Native", "native"]

SLOT = "\x01"  # a property of the global object through which values change hands; no script uses such a name

_TAG_MODULE, _TAG_OBJECT, _TAG_UNDEFINED, _TAG_EXCEPTION = -3, -1, 3, 6
_MODULE, _COMPILE_ONLY = 1, 1 << 5
_BYTECODE, _STRIP_SOURCE, _STRIP_DEBUG = 1, 1 << 4, 1 << 5
_BINDING_FIELDS = 64  # bytes of the binding's context record after Python's object header


class EngineMismatch(RuntimeError):
    """The installed quickjs-ng is not built as expected."""


class JsContextHandle(Protocol):
    """The binding's `quickjs.Context`, as far as it is used; its own documentation says what each method does."""

    def eval(self, code: str, /) -> Any: ...  # noqa: D102 - see above
    def get(self, name: str, /) -> Any: ...  # noqa: D102 - see above
    def set(self, name: str, value: Any, /) -> None: ...  # noqa: D102 - see above
    def parse_json(self, text: str, /) -> Any: ...  # noqa: D102 - see above
    def add_callable(self, name: str, function: Callable[..., Any], /) -> None: ...  # noqa: D102 - see above
    def execute_pending_job(self) -> bool: ...  # noqa: D102 - see above
    def memory(self) -> dict[str, int]: ...  # noqa: D102 - see above
    def set_memory_limit(self, limit: int, /) -> None: ...  # noqa: D102 - see above
    def set_max_stack_size(self, limit: int, /) -> None: ...  # noqa: D102 - see above


class _Value(Structure):
    _fields_ = (("bits", c_uint64), ("tag", c_int64))


class _EvalOptions(Structure):
    _fields_ = (("version", c_int), ("flags", c_int), ("filename", c_char_p), ("line", c_int))


_INTERRUPT = CFUNCTYPE(c_int, c_void_p, c_void_p)
_LOADER = CFUNCTYPE(c_void_p, c_void_p, c_char_p, c_void_p)
_TRACKER = CFUNCTYPE(None, c_void_p, _Value, _Value, c_bool, c_void_p)


class Native:
    """The C functions, bound. One per process: see `native()`."""

    def __init__(self) -> None:
        # Neither has type stubs; `JsContextHandle` says what is used.
        binding: Any = import_module("quickjs")
        library: Any = import_module("_quickjs")

        self.new_context: Callable[[], JsContextHandle] = binding.Context
        self.exception: type[Exception] = binding.JSException
        self._header = object.__basicsize__
        if ctypes.sizeof(c_void_p) != 8 or binding.Context.__basicsize__ != self._header + _BINDING_FIELDS:
            raise EngineMismatch(_ADVICE)
        try:
            self._bind(ctypes.PyDLL(str(library.__file__)))
        except AttributeError as error:
            raise EngineMismatch(f"{_ADVICE} ({error})") from None
        self._stack_word = self._find_stack_word()
        self._stub_loader = _LOADER(self._load_stub)
        self._empty = _LOADER()

    def _bind(self, library: ctypes.PyDLL) -> None:
        def function(name: str, result: Any, *arguments: Any) -> Any:
            bound = getattr(library, name)
            bound.restype = result
            bound.argtypes = arguments
            return bound

        pointer = c_void_p
        self._get_runtime = function("JS_GetRuntime", pointer, pointer)
        self._get_opaque = function("JS_GetRuntimeOpaque", pointer, pointer)
        self._eval = function("JS_Eval2", _Value, pointer, c_char_p, c_size_t, POINTER(_EvalOptions))
        self._write = function("JS_WriteObject", pointer, pointer, POINTER(c_size_t), _Value, c_int)
        self._read = function("JS_ReadObject", _Value, pointer, c_char_p, c_size_t, c_int)
        self._evaluate = function("JS_EvalFunction", _Value, pointer, _Value)
        self._release_memory = function("js_free", None, pointer, pointer)
        self._free = function("JS_FreeValue", None, pointer, _Value)
        self._get_exception = function("JS_GetException", _Value, pointer)
        self._to_text = function("JS_ToCStringLen2", pointer, pointer, POINTER(c_size_t), _Value, c_bool)
        self._free_text = function("JS_FreeCString", None, pointer, pointer)
        self._get_property = function("JS_GetPropertyStr", _Value, pointer, _Value, c_char_p)
        self._set_property = function("JS_SetPropertyStr", c_int, pointer, _Value, c_char_p, _Value)
        self._get_global = function("JS_GetGlobalObject", _Value, pointer)
        self._call = function("JS_Call", _Value, pointer, _Value, _Value, c_int, POINTER(_Value))
        self._boolean = c_bool
        self._throw_reference_error = function("JS_ThrowReferenceError", _Value, pointer, c_char_p)
        self._set_uncatchable = function("JS_SetUncatchableError", None, pointer, _Value)
        self._set_interrupt = function("JS_SetInterruptHandler", None, pointer, _INTERRUPT, pointer)
        self._set_loader = function("JS_SetModuleLoaderFunc", None, pointer, pointer, _LOADER, pointer)
        self._set_tracker = function("JS_SetHostPromiseRejectionTracker", None, pointer, _TRACKER, pointer)
        self._set_gc_threshold = function("JS_SetGCThreshold", None, pointer, c_size_t)
        self._get_gc_threshold = function("JS_GetGCThreshold", c_size_t, pointer)
        self._run_gc = function("JS_RunGC", None, pointer)
        self._set_stack = function("JS_SetMaxStackSize", None, pointer, c_size_t)
        self._update_stack_top = function("JS_UpdateStackTop", None, pointer)

    def pointers(self, context: JsContextHandle) -> tuple[int, int]:
        """Addresses of the runtime and of the engine's context behind the binding's object."""
        at = id(context) + self._header
        runtime = c_void_p.from_address(at).value or 0
        inner = c_void_p.from_address(at + 8).value or 0
        if self._get_runtime(inner) != runtime or self._get_opaque(runtime) != id(context):
            raise EngineMismatch(_ADVICE)
        return runtime, inner

    def _find_stack_word(self) -> int:
        """Index of the word in a runtime that holds its stack top: it follows the size and precedes the limit."""
        context = self.new_context()
        runtime, _ = self.pointers(context)
        mark = 0x51C1E0
        self._set_stack(runtime, mark)
        self._update_stack_top(runtime)
        words = (c_uint64 * 256).from_address(runtime)
        for index in range(254):
            if words[index] == mark and words[index + 1] - words[index + 2] == mark:
                return index + 1
        raise EngineMismatch(_ADVICE)

    def stack_pointer(self, runtime: int) -> int:
        """About where the C stack is now. Moves the runtime's stack top there: set the stack size afterwards."""
        self._update_stack_top(runtime)
        return c_uint64.from_address(runtime + 8 * self._stack_word).value

    def stack_top(self, runtime: int) -> int:
        """Where the C stack was when the running call into the engine began."""
        return c_uint64.from_address(runtime + 8 * self._stack_word).value

    # Compiling.

    def compile(self, inner: int, source: str, name: str, *, module: bool, own: bool = False) -> bytes:
        """Bytecode of a module or a script, of our `own` without places. Raises ValueError(message, stack)."""
        text = source.encode("utf-8", "replace")
        options = _EvalOptions(1, (_MODULE if module else 0) | _COMPILE_ONLY, name.encode(), 1)
        value = self._eval(inner, text, len(text), byref(options))
        if value.tag == _TAG_EXCEPTION:
            raise ValueError(*self.take_exception(inner))
        size = c_size_t()
        memory = self._write(inner, byref(size), value, _BYTECODE | _STRIP_SOURCE | (_STRIP_DEBUG if own else 0))
        if not memory:
            raise ValueError(*self.take_exception(inner))
        code = ctypes.string_at(memory, size.value)
        self._release_memory(inner, memory)
        if value.tag != _TAG_MODULE:  # a module belongs to its context
            self._free(inner, value)
        return code

    def stub_imports(self, runtime: int) -> None:
        """In a context that only compiles, any import is found: linking happens where the code is loaded."""
        self._set_loader(runtime, None, self._stub_loader, None)

    def _load_stub(self, inner: int, name: bytes, _: int | None) -> int | None:
        options = _EvalOptions(1, _MODULE | _COMPILE_ONLY, name, 1)
        value = self._eval(inner, b"", 0, byref(options))
        return None if value.tag == _TAG_EXCEPTION else value.bits

    def take_exception(self, inner: int) -> tuple[str, str]:
        """(text, stack) of the pending exception, which is then gone. Only for errors that the engine made."""
        error = self._get_exception(inner)
        text = self._text(inner, error)
        stack = self._get_property(inner, error, b"stack") if error.tag == _TAG_OBJECT else _Value(0, _TAG_UNDEFINED)
        trace = self._text(inner, stack) if stack.tag < 0 else ""
        self._free(inner, stack)
        self._free(inner, error)
        return text, trace

    def _text(self, inner: int, value: _Value) -> str:
        memory = self._to_text(inner, None, value, False)
        if not memory:
            return ""
        text = ctypes.string_at(memory).decode("utf-8", "replace")
        self._free_text(inner, memory)
        return text

    # Loading.

    def load_function(self, inner: int, code: bytes) -> None:
        """Evaluate a compiled script whose value is one function; it is left in the global SLOT."""
        value = self._read(inner, code, len(code), _BYTECODE)
        if value.tag != _TAG_EXCEPTION:
            value = self._evaluate(inner, value)
        if value.tag == _TAG_EXCEPTION:
            raise MemoryError(self.take_exception(inner)[0])
        target = self._get_global(inner)
        self._set_property(inner, target, SLOT.encode(), value)
        self._free(inner, target)

    def load_module(self, inner: int, code: bytes) -> int | None:
        """Load a compiled module, for a loader callback: its address, or None with the exception pending."""
        value = self._read(inner, code, len(code), _BYTECODE)
        return None if value.tag == _TAG_EXCEPTION else value.bits

    def throw_missing(self, inner: int, message: str) -> None:
        """Leave a ReferenceError pending."""
        self._throw_reference_error(inner, message.replace("%", "%%").encode())

    def make_uncatchable(self, inner: int) -> None:
        """The Error in the global SLOT will pass every catch and finally of a script."""
        target = self._get_global(inner)
        value = self._get_property(inner, target, SLOT.encode())
        self._set_uncatchable(inner, value)
        self._free(inner, value)
        self._free(inner, target)

    # Watching.

    def interrupt_callback(self, ask: Callable[[int], bool]) -> Any:
        """A handler that calls `ask(key)` now and then while a script runs; True stops the script."""

        def interrupt(_: int | None, key: int | None) -> int:
            return 1 if ask(key or 0) else 0

        return _INTERRUPT(interrupt)

    def loader_callback(self, load: Callable[[int, int, str], int | None]) -> Any:
        """A module loader that calls `load(key, context address, module name)`."""

        def find(inner: int | None, name: bytes | None, key: int | None) -> int | None:
            return load(key or 0, inner or 0, (name or b"").decode())

        return _LOADER(find)

    def tracker_callback(self, noted: Callable[[int], None]) -> Any:
        """A tracker that hands (promise, reason, handled) to the script-side function `globalThis[SLOT + 'r']`."""
        name = f"{SLOT}r".encode()

        def track(inner: int, promise: _Value, reason: _Value, handled: bool, key: int | None) -> None:
            target = self._get_global(inner)
            hook = self._get_property(inner, target, name)
            self._free(inner, target)
            if hook.tag == _TAG_OBJECT:
                arguments = (_Value * 3)(promise, reason, _Value(1 if handled else 0, 1))
                result = self._call(inner, hook, _Value(0, _TAG_UNDEFINED), 3, arguments)
                if result.tag == _TAG_EXCEPTION:  # out of memory or stack: the promise's own error will tell
                    result = self._get_exception(inner)
                self._free(inner, result)
            self._free(inner, hook)
            noted(key or 0)

        return _TRACKER(track)

    def watch(self, runtime: int, key: int, interrupt: Any, loader: Any, tracker: Any) -> None:
        """Install the callbacks; they must live as long as the runtime, and get `key`."""
        self._set_interrupt(runtime, interrupt, key)
        self._set_loader(runtime, None, loader, key)
        self._set_tracker(runtime, tracker, key)

    def collect(self, runtime: int) -> None:
        """Free the cycles of one context."""
        self._run_gc(runtime)

    def grown_to(self, runtime: int) -> int:
        """The size at which the engine will look for cycles next: it follows the largest size so far."""
        return self._get_gc_threshold(runtime)

    def collect_at(self, runtime: int, size: int) -> None:
        """Let the engine look for cycles when the context has grown to so many bytes."""
        self._set_gc_threshold(runtime, size)


_ADVICE = (
    "the installed quickjs-ng is not the build that Swell knows: install it with "
    "pip install 'quickjs-ng>=0.17,<0.18' (Linux or macOS, 64 bits)"
)


@cache
def native() -> Native:
    """The engine's functions. Raises EngineMismatch where the installed engine does not fit."""
    return Native()
