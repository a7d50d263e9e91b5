"""Secrets from an HTTP endpoint: `--secret-source=url=urlTemplate=https://.../{key},...`.

Rules: a key is fetched once per process. Its requests go through a thread and are no part of the measured load. Server
errors, 429 and transport errors are tried again after growing waits; no message shows a header, a body or the query.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlsplit

import msgspec

from swell.dialects.k6.option_values import OptionError, seconds
from swell.runtime.threads import blocking

__all__ = ["UrlSource"]

_PREFIX = "K6_SECRET_SOURCE_URL_"
_VARIABLES = {
    "URL_TEMPLATE": "urlTemplate",
    "METHOD": "method",
    "RESPONSE_PATH": "responsePath",
    "TIMEOUT": "timeout",
    "MAX_RETRIES": "maxRetries",
    "RETRY_BACKOFF": "retryBackoff",
    "REQUESTS_PER_MINUTE_LIMIT": "requestsPerMinuteLimit",
    "REQUESTS_BURST": "requestsBurst",
}


class UrlSource(msgspec.Struct, kw_only=True):
    """One endpoint. `timeout` and `backoff` in seconds."""

    template: str
    method: str = "GET"
    headers: dict[str, str] = {}
    path: str = ""
    timeout: float = 30.0
    retries: int = 3
    backoff: float = 1.0
    known: dict[str, str] = {}

    @classmethod
    def configured(cls, pairs: Sequence[tuple[str, str]], environ: Mapping[str, str]) -> UrlSource:
        """From the environment, a JSON file, and the command line, the later ones first. Raises ValueError."""
        found: dict[str, Any] = {}
        headers: dict[str, str] = {}
        for variable, value in environ.items():
            name = variable.removeprefix(_PREFIX)
            if name in _VARIABLES and variable != name:
                found[_VARIABLES[name]] = value
            elif variable != name and name.startswith("HEADER_"):
                headers[name[7:].replace("_", "-")] = value
        for name, value in pairs:
            if name == "config":
                try:
                    read = json.loads(Path(value).read_text("utf-8"))
                except OSError as error:
                    raise ValueError(f"cannot read {value}: {error.strerror}") from None
                except ValueError:
                    raise ValueError(f"{value} is not valid JSON") from None
                headers |= {str(key): str(text) for key, text in dict(read.pop("headers", {})).items()}
                found |= read
        for name, value in pairs:
            if name.startswith("headers."):
                headers[name[8:]] = value
            elif name != "config":
                found[name] = value
        unknown = set(found) - set(_VARIABLES.values())
        if unknown:
            raise ValueError(f"{', '.join(sorted(unknown))} is no setting of a url source")
        template = str(found.get("urlTemplate") or "")
        if "{key}" not in template or urlsplit(template).scheme not in {"http", "https"}:
            raise ValueError("urlTemplate must be an http(s) URL with {key} in it")
        return cls(
            template=template,
            method=str(found.get("method", "GET")).upper(),
            headers=headers,
            path=str(found.get("responsePath", "")),
            timeout=_seconds("timeout", found.get("timeout", "30s")),
            retries=_count("maxRetries", found.get("maxRetries", 3)),
            backoff=_seconds("retryBackoff", found.get("retryBackoff", "1s")),
        )

    def get(self, key: str) -> str:
        """As `SecretSource.get`."""
        value = self.known.get(key)
        if value is None:
            value = self.known[key] = blocking(self._fetch, key)
        return value

    def _fetch(self, key: str) -> str:
        import requests  # noqa: PLC0415 - only for this kind of source

        url = self.template.replace("{key}", quote(key, safe=""))
        reason = ""
        for attempt in range(self.retries + 1):
            if attempt:
                time.sleep(self.backoff**attempt + random.random())
            try:
                response = requests.request(self.method, url, headers=self.headers, timeout=self.timeout)
            except requests.RequestException as error:
                reason = type(error).__name__
                continue
            if response.status_code == 404:
                raise LookupError(key)
            if response.ok:
                return self._value(response.text)
            reason = f"status {response.status_code}"
            if response.status_code < 500 and response.status_code != 429:
                break
        raise OSError(f"the secret {key!r} could not be fetched from {urlsplit(url).netloc}: {reason}")

    def _value(self, text: str) -> str:
        if not self.path:
            return text
        found: Any = json.loads(text)
        for step in self.path.split("."):
            found = cast("list[Any]", found)[int(step)] if isinstance(found, list) else found[step]
        return found if isinstance(found, str) else json.dumps(found)


def _seconds(name: str, value: Any) -> float:
    try:
        return seconds(name, value, units=True) or 0.0
    except OptionError as error:
        raise ValueError(str(error)) from None


def _count(name: str, value: Any) -> int:
    try:
        return max(int(value), 0)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a whole number") from None
