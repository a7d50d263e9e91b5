"""The commands of `swell k6` besides `run`, by name.

Rules: "module:function" of a function that takes the arguments after the command's name and returns the exit code; the
front door imports a module only when its command is used.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["COMMANDS"]

COMMANDS: Mapping[str, str] = {
    "archive": "swell.dialects.k6.archive_command:main",
    "inspect": "swell.dialects.k6.inspect:main",
    "new": "swell.dialects.k6.new:main",
    "pause": "swell.dialects.k6.rest_api_commands:pause",
    "resume": "swell.dialects.k6.rest_api_commands:resume",
    "scale": "swell.dialects.k6.rest_api_commands:scale",
    "stats": "swell.dialects.k6.rest_api_commands:stats",
    "status": "swell.dialects.k6.rest_api_commands:status",
}
