"""The module `locust.web`: names that files read or set; the page is not there yet."""

from __future__ import annotations

from typing import Any

__all__ = ["HOST_IS_REQUIRED", "WebUI"]

HOST_IS_REQUIRED = False


class WebUI:
    """Stands for Locust's page; cannot be made yet."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError("`swell locust` has no web page yet; run with --headless")
