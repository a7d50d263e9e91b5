"""Host functions of faker: made-up data, from the same source as the templates'.

Rules: one host call per value. Names and options are those of @faker-js/faker and of faker 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from swell.dialects.artillery.flow.fakes import fake
from swell.dialects.javascript import HostFunction, JsThrow

__all__ = ["calls"]


def calls() -> Mapping[str, Mapping[str, object]]:
    """By the file they belong to."""
    random = Random()

    def make(_: Any, module: str, method: str, arguments: Any) -> Any:
        found = fake(random, module, method, list(arguments))
        if found is NotImplemented:
            raise JsThrow("TypeError", f"faker.{module}.{method} is not one of the faker functions that Swell has")
        return found

    def seed(_: Any, value: Any) -> None:
        random.seed(value if isinstance(value, (int, float, str)) else None)

    return {"faker": {"make": HostFunction(make), "seed": HostFunction(seed)}}
