"""Data that lives once per worker, outside of all contexts: SharedArrays and opened files.

Rules: elements are JSON text, made by the first context that names the array; every access in any context gives a
fresh, frozen copy (shared.js). Files are read once. Nothing here is written again after it was made.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from swell.dialects.javascript.errors import JsThrow
from swell.dialects.javascript.values import Json

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.dialects.javascript.context import JsContext, JsFunction
    from swell.dialects.javascript.resolve import JsFiles

__all__ = ["Shared", "shared_array"]


class Shared:
    """The arrays and files of one worker."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._arrays: list[list[str]] = []
        self._files: dict[str, bytes] = {}
        self._texts: dict[str, str] = {}

    def array(self, name: str, make: Callable[[], list[str]]) -> tuple[int, int]:
        """(number, length) of the array with this name; `make` gives the elements' JSON the first time."""
        number = self._numbers.get(name)
        if number is None:
            items = make()
            number = self._numbers.setdefault(name, len(self._arrays))
            if number == len(self._arrays):
                self._arrays.append(items)
        return number, len(self._arrays[number])

    def item(self, array: int, index: int) -> str:
        """The JSON of one element."""
        return self._arrays[array][index]

    def read(self, files: JsFiles, path: str) -> bytes:
        """A file's content, read once. Raises OSError."""
        data = self._files.get(path)
        if data is None:
            data = self._files[path] = files.read(path)
        return data

    def read_text(self, files: JsFiles, path: str) -> str:
        """A file as text, decoded once (UTF-8, a byte order mark is dropped). Raises OSError."""
        text = self._texts.get(path)
        if text is None:
            text = self._texts[path] = self.read(files, path).decode("utf-8-sig", "replace")
        return text

    @property
    def size(self) -> int:
        """About how many bytes are held."""
        arrays = sum(len(item) for items in self._arrays for item in items)
        return arrays + sum(map(len, self._files.values())) + sum(map(len, self._texts.values()))


def shared_array(context: JsContext, name: str, make: JsFunction) -> Json:
    """The host function behind a SharedArray: `[number, length]` for `array` of shared.js."""

    def items() -> list[str]:
        made = context.call(make, convert=False)
        if not isinstance(made, Json):
            raise JsThrow("TypeError", "the function of a SharedArray must return an array")
        data: Any = json.loads(made.text)
        if not isinstance(data, list):
            raise JsThrow("TypeError", "the function of a SharedArray must return an array")
        return [json.dumps(item, separators=(",", ":")) for item in cast("list[Any]", data)]

    number, length = context.shared.array(name, items)
    return Json(f"[{number},{length}]")
