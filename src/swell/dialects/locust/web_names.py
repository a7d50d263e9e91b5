"""The module `locust.web`: names that files read or set; the page itself is `swell.web`."""

from __future__ import annotations

from typing import Any

__all__ = ["HOST_IS_REQUIRED", "WebUI"]

HOST_IS_REQUIRED = False


class WebUI:
    """Stands for Locust's page, which a test cannot make here."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError("the page belongs to `swell locust`, in a process of its own: a test cannot make one")
