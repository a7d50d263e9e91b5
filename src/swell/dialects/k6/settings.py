"""A k6 test as it travels to the workers: the script, its options, its scenarios, and how it logs.

Rules: plain data in one JSON text, in the plan's `Source.options`. The environment is not in it: that is the plan's own
`Source.env`, which is redacted wherever it is stored.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = ["K6Test", "LogStyle"]

_KEYS = "tlsAuth"  # the option with private keys

LogStyle = Literal["tty", "text", "json", "raw"]


class K6Test(msgspec.Struct, kw_only=True):
    """One test. Options and scenarios as k6's JSON has them, complete.

    `script`: an absolute path. `files_root`: the folder that stands for "/" (an unpacked archive), "" for the disk.
    `vendor`: folders with remote modules at HOST/PATH. `system_env`: whether `__ENV` has the process's environment.
    """

    script: str
    options: dict[str, Any] = {}
    scenarios: dict[str, dict[str, Any]] = {}
    files_root: str = ""
    vendor: list[str] = []
    system_env: bool = True
    log_style: LogStyle = "text"
    verbose: bool = False
    console_output: str = ""
    secret_sources: list[str] = []
    source: str | None = None
    """The script's text where it came from standard input."""
    started: float = 0.0
    """Wall-clock time at which the command began, for the log on a terminal."""

    def pack(self) -> dict[str, str]:
        """As `Source.options`. What holds secrets goes by names that are redacted when the plan is stored."""
        options = {key: value for key, value in self.options.items() if key != _KEYS}
        plain = msgspec.structs.replace(self, secret_sources=[], options=options)
        packed = {
            "test": msgspec.json.encode(plain).decode(),
            "secret_sources": msgspec.json.encode(self.secret_sources).decode(),
        }
        if _KEYS in self.options:
            packed["secret_tls"] = msgspec.json.encode(self.options[_KEYS]).decode()
        return packed

    @classmethod
    def unpack(cls, options: dict[str, str]) -> K6Test:
        """From `Source.options`."""
        test = msgspec.json.decode(options["test"], type=cls)
        test.secret_sources = msgspec.json.decode(options.get("secret_sources", "[]"), type=list[str])
        if "secret_tls" in options:
            test.options[_KEYS] = msgspec.json.decode(options["secret_tls"])
        return test
