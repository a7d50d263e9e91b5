"""The module `locust.web`: names that files read or set; the page itself is `swell.web`."""

from __future__ import annotations

from swell.dialects.locust.web_ui import WebUI

__all__ = ["HOST_IS_REQUIRED", "WebUI"]

HOST_IS_REQUIRED = False
