"""What a person can do on the page, as the front door offers it: the start form, and changing a run while it goes on.

Rules: data and three calls, each made in the thread that conducts the runs. A call answers with an empty text, or with
what is wrong, in words for the person at the form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from swell.metrics.redaction import redact_text

__all__ = ["Action", "Desk", "Field"]

Action: TypeAlias = Callable[[Mapping[str, Any]], str]


class Field(msgspec.Struct, kw_only=True):
    """One field of the start form. `kind`: "text", "number", "password", "flag", "choice" or "choices"."""

    name: str
    label: str
    kind: str = "text"
    value: Any = ""
    choices: list[str] = []
    help: str = ""
    required: bool = False
    steers: bool = False
    """Whether it can be changed while a run goes on."""
    more: bool = False
    """Whether it stands under "more"."""
    minimum: float | None = None
    step: str = ""


class Desk:
    """`start` and `steer` None: the page has no form for that."""

    def __init__(
        self,
        *,
        fields: list[Field] | None = None,
        start: Action | None = None,
        steer: Action | None = None,
        title: str = "",
    ) -> None:
        self.fields = fields or []
        self._start = start
        self._steer = steer
        self.title = title
        self.steerable = True
        """Whether the run that goes on is one that can be changed."""
        self.current: dict[str, Any] = {}
        """What fields hold when a run is changed, where that is not what its form began with."""

    @property
    def can_start(self) -> bool:
        """Whether there is a start form."""
        return self._start is not None

    @property
    def can_steer(self) -> bool:
        """Whether a run can be changed while it goes on."""
        return self._steer is not None and self.steerable

    def describe(self) -> dict[str, Any]:
        """The form, for the page."""
        fields = [msgspec.to_builtins(field) for field in self.fields]
        return {"title": self.title, "fields": fields, "current": self.current}

    def start(self, values: Mapping[str, Any]) -> str:
        """Begin a run with these values of the form."""
        return self._take(self._start, values, "this page starts no tests")

    def steer(self, values: Mapping[str, Any]) -> str:
        """Change the run that goes on."""
        return self._take(self._steer, values, "this test cannot be changed while it runs")

    def _take(self, action: Action | None, values: Mapping[str, Any], refusal: str) -> str:
        if action is None:
            return refusal
        trouble = action(values)
        if not trouble:
            shown = self.current if action is self._steer else {}
            for field in self.fields:
                if field.name in shown:
                    shown[field.name] = values.get(field.name)
                    continue
                # A password goes to the test and nowhere else, nor does a host with one in it.
                if field.name in values and field.kind != "password" and not _is_secret(values[field.name]):
                    field.value = values[field.name]
        return trouble


def _is_secret(value: Any) -> bool:
    return isinstance(value, str) and redact_text(value) != value
