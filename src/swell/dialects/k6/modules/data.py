"""The module k6/data: SharedArray.

Rules: arrays are made in init code only, once per process; what they hold lies outside of the VUs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swell.dialects.javascript import HostFunction, HostModule, JsThrow, shared_array

__all__ = ["modules"]

_SOURCE = """
'use strict';
exports.SharedArray = class SharedArray {
  constructor(name, make) {
    if (typeof name !== 'string' || name === '') throw new TypeError('a SharedArray needs a name');
    if (typeof make !== 'function') throw new TypeError('a SharedArray needs a function that makes its array');
    if (Object.prototype.toString.call(make) === '[object AsyncFunction]')
      throw new TypeError('the function of a SharedArray must not be async');
    return core.part('shared').array(...host.make(name, make));
  }
};
"""


def modules() -> Mapping[str, HostModule]:
    """The module k6/data."""
    return {"k6/data": HostModule({"make": HostFunction(_make)}, _SOURCE)}


def _make(context: Any, name: str, make: Any) -> Any:
    if context.state.phase != "init":
        raise JsThrow("Error", "a SharedArray is made in init code only: at the top of the script")
    return shared_array(context, name, make)
