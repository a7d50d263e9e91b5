"""k6/secrets: secrets of the sources that --secret-source names (secret_sources.py).

Rules: one store per process, made when a script first asks; from then on the log leaves out what was given out.
`get()` gives a promise; what goes wrong rejects it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from swell.dialects.javascript import HostFunction, HostModule, JsThrow
from swell.dialects.k6.modules.secret_sources import SecretError, SecretStore, open_sources

if TYPE_CHECKING:
    from swell.dialects.k6.vu import K6Vu

__all__ = ["modules"]

_SOURCE = """
'use strict';
host.open();
const get = async (key, source) => host.get(key === undefined ? key : `${key}`, source);
exports.default = {
  get: (key) => get(key, null),
  source: (name) => { host.check(`${name}`); return { get: (key) => get(key, `${name}`) }; },
};
"""


def modules() -> Mapping[str, HostModule]:
    """The module k6/secrets."""
    calls: dict[str, Any] = {"open": _open, "get": _get, "check": _check}
    exports: dict[str, object] = {name: HostFunction(call) for name, call in calls.items()}
    return {"k6/secrets": HostModule(exports, _SOURCE)}


def _store(context: Any) -> SecretStore:
    vu: K6Vu = context.state
    worker = vu.worker
    if worker.secrets is None:
        worker.secrets = open_sources(worker.test.secret_sources, {**os.environ, **worker.env})
        worker.redact = worker.secrets.redact
    return worker.secrets


def _open(context: Any) -> None:
    """Tell what is wrong with the sources when the module is imported, not in the middle of a test."""
    try:
        _store(context)
    except SecretError as error:
        raise JsThrow("Error", str(error)) from None


def _get(context: Any, key: Any = None, source: str | None = None) -> str:
    if not isinstance(key, str):
        raise JsThrow("TypeError", "get() needs the name of a secret")
    try:
        return _store(context).get(key, source)
    except (SecretError, OSError, LookupError, ValueError) as error:
        raise JsThrow("Error", str(error)) from None


def _check(context: Any, name: str) -> None:
    names = _store(context).names()
    if name not in names:
        raise JsThrow("Error", f"there is no secret source {name!r}; there are {', '.join(names) or 'none'}")
