"""Scripts in a real k6 instance, run by the front door."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ..k6.conftest import K6, k6, server

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["k6", "server"]


@pytest.fixture
def values(k6: K6) -> Callable[..., list[Any]]:
    """What a script's `show(...)` was given, as JSON; the script's text is init code and the body of its function."""

    def run(init: str, body: str, *flags: str, options: str = "") -> list[Any]:
        ran = k6(
            f"{init}\nconst show = (...all) => console.log(JSON.stringify(all));\n"
            f"export const options = {{ {options} }};\nexport default async function () {{ {body} }}",
            *flags,
        )
        assert ran.code == 0, ran.err
        assert "level=error" not in ran.err, ran.err
        return [json.loads(line) for line in ran.logged]

    return run
