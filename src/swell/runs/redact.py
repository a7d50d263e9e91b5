"""Takes secrets out of what is stored of a run: command line, environment values, URLs.

Rules: pure. What counts as a secret is decided in `metrics.redaction`, for error examples and for this
alike. Names stay and plain settings stay readable, or a record could not explain itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from swell.metrics.redaction import MASK, is_secret, redact_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from swell.model.plan import Plan

__all__ = ["redact_command", "redact_env", "redact_plan"]


def redact_env(values: Mapping[str, str]) -> dict[str, str]:
    """Names stay; values go when the name says secret."""
    return {name: MASK if is_secret(name) else redact_text(value) for name, value in values.items()}


def redact_command(arguments: Sequence[str]) -> list[str]:
    """A command line without the values of secret `NAME=VALUE` arguments and of secret options."""
    result: list[str] = []
    hide_next = False
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        if hide_next:
            result.append(MASK)
            hide_next = False
        elif equals and is_secret(name):
            result.append(f"{name}={MASK}")
        else:
            hide_next = argument.startswith("-") and not equals and is_secret(argument)
            result.append(redact_text(argument))
    return result


def redact_plan(plan: Plan) -> Plan:
    """The plan without secret values."""
    replace = msgspec.structs.replace
    proxy = plan.http.proxy
    return replace(
        plan,
        host=redact_text(plan.host),
        source=replace(plan.source, env=redact_env(plan.source.env), options=redact_env(plan.source.options)),
        http=replace(plan.http, proxy=None if proxy is None else redact_text(proxy)),
        workloads=tuple(replace(w, env=redact_env(w.env)) for w in plan.workloads),
    )
