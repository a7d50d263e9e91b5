"""The module `locust.main`, for files that start Locust themselves."""

from __future__ import annotations

from typing import Any

__all__ = ["load_locustfile", "main"]


def main() -> None:
    """As `swell locust` with this process's arguments; ends the process."""
    from swell.dialects.locust.main import main as run  # noqa: PLC0415 - heavy

    raise SystemExit(run())


def load_locustfile(path: str) -> Any:
    """(docstring, user classes, shape) of a file."""
    from swell.dialects.locust.locustfiles import load_files  # noqa: PLC0415 - heavy

    found = load_files([path])
    return None, found.users, next(iter(found.shapes.values()), None)
