"""The module `locust.html`: reports are Swell's own.

Rules: what is not here yet says so when it is called, not when it is imported.
"""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["get_html_report", "render_template_from"]


def get_html_report(environment: Any, **_: Any) -> NoReturn:
    """Not from a test file: use --html."""
    raise NotImplementedError(
        f"HTML reports are written by `swell locust --html FILE`, not from a test ({environment})"
    )


def render_template_from(file: str, **_: Any) -> NoReturn:
    """Locust's templates are not part of Swell."""
    raise NotImplementedError(f"Locust's template {file} is not part of Swell")
