"""Templates in `config`, which are filled in once, before the test starts.

Rules: a text that is one template keeps the type of its value. What is unknown before the test starts is left as it is,
for the flow to fill in for each VU (Artillery would write "undefined"); a variable of the environment that is not set
is undefined here too: an entry of a mapping that is nothing else is left out.
"""

from __future__ import annotations

import json
import random
import re
import string
from collections.abc import Mapping
from typing import Any, cast

__all__ = ["UNDEFINED", "filled"]

_TEMPLATE = re.compile(r"\{\{\{?\s*([^{}]+?)\s*\}?\}\}")
_CALL = re.compile(r"(\$randomNumber|\$randomString)\s*\(\s*([^()]*)\)")
_PART = re.compile(r"""[^.\[\]]+|\[\s*(?:"([^"]*)"|'([^']*)'|([^\]"']*))\s*\]""")
_LETTERS = string.ascii_letters + string.digits
_UNKNOWN: Any = object()
UNDEFINED: Any = object()
"""The value of a variable that there is, but without a value."""


def filled(value: Any, variables: Mapping[str, Any]) -> Any:
    """`value` with its templates filled in, at any depth, keys too; undefined becomes None where something must be."""
    found = _filled(value, variables)
    return None if found is UNDEFINED else found


def _filled(value: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return _text(value, variables) if "{{" in value else value
    if isinstance(value, list):
        return [filled(each, variables) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        made = [(_text(key, variables), _filled(each, variables)) for key, each in fields.items()]
        return {"undefined" if key is UNDEFINED else str(key): each for key, each in made if each is not UNDEFINED}
    return value


def _text(text: str, variables: Mapping[str, Any]) -> Any:
    whole = _TEMPLATE.fullmatch(text.strip())
    if whole is not None:
        found = _value(whole[1], variables)
        return text if found is _UNKNOWN else found

    def put(match: re.Match[str]) -> str:
        found = _value(match[1], variables)
        if found is _UNKNOWN:
            return match[0]
        if found is UNDEFINED:
            return "undefined"
        return found if isinstance(found, str) else json.dumps(found, separators=(",", ":"))

    return _TEMPLATE.sub(put, text)


def _value(expression: str, variables: Mapping[str, Any]) -> Any:
    call = _CALL.fullmatch(expression)
    if call is not None:
        return _called(call[1], [part.strip() for part in call[2].split(",") if part.strip()])
    found: Any = variables
    for number, part in enumerate(_PART.finditer(expression)):
        name = next((group for group in part.groups() if group is not None), part[0])
        if isinstance(found, Mapping):
            if name not in found:
                return _UNKNOWN if number == 0 else UNDEFINED
            found = cast("Mapping[str, Any]", found)[name]
        elif isinstance(found, list) and name.isdigit() and int(name) < len(cast("list[Any]", found)):
            found = cast("list[Any]", found)[int(name)]
        else:
            return UNDEFINED
    return found


def _called(name: str, arguments: list[str]) -> Any:
    numbers = [int(each) for each in arguments if each.lstrip("-").isdigit()]
    if name == "$randomString":
        return "".join(random.choices(_LETTERS, k=numbers[0] if numbers else 10))
    low, high = [0, *numbers][-2:] if numbers else (0, 1)
    return str(random.randint(min(low, high), max(low, high)))
