"""Where a script's secrets come from, by the lines of --secret-source, and how their values are kept out of logs.

Rules: a line is `TYPE=CONFIG`; `name=NAME` and `default` anywhere in CONFIG name the source, without a name it is
called by its type. One source alone is the default. Every value that was handed out is redacted from then on, whoever
asked for it; texts shorter than three characters are not, as they would blacken half of a log.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from swell.dialects.k6.modules.secret_url import UrlSource

__all__ = ["REDACTED", "SecretError", "SecretSource", "SecretStore", "open_sources"]

REDACTED: Final = "***SECRET_REDACTED***"
_SHORTEST: Final = 3


class SecretError(Exception):
    """A source that cannot be used, or a secret that it does not have; the text is for people."""


class SecretSource(Protocol):
    """Where secrets are looked up."""

    def get(self, key: str) -> str:
        """The value. May block its fiber. Raises SecretError, LookupError for a key that is not there."""
        ...


class _Table:
    """Secrets that are known from the start."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def get(self, key: str) -> str:
        """As `SecretSource.get`."""
        return self._values[key]


class _Environment:
    """Environment variables whose names begin with a prefix (which keys leave out)."""

    def __init__(self, prefix: str, environ: Mapping[str, str]) -> None:
        self._prefix = prefix
        self._environ = environ

    def get(self, key: str) -> str:
        """As `SecretSource.get`."""
        return self._environ[self._prefix + key]


class SecretStore:
    """All sources of a test, and the redaction of what they gave out."""

    def __init__(self, sources: Mapping[str, SecretSource], default: str | None = None) -> None:
        self._sources = sources
        self._default = next(iter(sources)) if default is None and len(sources) == 1 else default
        self._given: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def names(self) -> list[str]:
        """The names of the sources."""
        return list(self._sources)

    def get(self, key: str, source: str | None = None) -> str:
        """A secret of a source, or of the default one. May block its fiber. Raises SecretError."""
        if not self._sources:
            raise SecretError("no secret sources are configured: give one with --secret-source=file=PATH")
        name = self._default if source is None else source
        if name is None:
            raise SecretError(f"no secret source is the default one: name one of {', '.join(self._sources)}")
        found = self._sources.get(name)
        if found is None:
            raise SecretError(f"there is no secret source {name!r}; there are {', '.join(self._sources)}")
        try:
            value = found.get(key)
        except LookupError:
            raise SecretError(f"the secret source {name!r} has no secret {key!r}") from None
        if value not in self._given:
            self._given.add(value)
            self._pattern = None
        return value

    def redact(self, text: str) -> str:
        """The text without any value that was given out."""
        if self._pattern is None:
            # Longer ones first: one may be part of another.
            known = sorted((value for value in self._given if len(value) >= _SHORTEST), key=len, reverse=True)
            if not known:
                return text
            self._pattern = re.compile("|".join(re.escape(value) for value in known))
        return self._pattern.sub(REDACTED, text)


def open_sources(lines: Sequence[str], environ: Mapping[str, str] | None = None) -> SecretStore:
    """The sources of a command line. Raises SecretError for a line that is wrong or a file that cannot be read."""
    environ = os.environ if environ is None else environ
    sources: dict[str, SecretSource] = {}
    default: str | None = None
    for line in lines:
        kind, _, config = line.partition("=")
        maker = _MAKERS.get(kind)
        if maker is None:
            raise SecretError(f"--secret-source {line.partition('=')[0]!r}: there are {', '.join(_MAKERS)}")
        name, is_default, rest = kind, False, list[str]()
        for part in _parts(config):
            if part == "default":
                is_default = True
            elif part.startswith("name="):
                name = part[5:]
            else:
                rest.append(part)
        if name in sources:
            raise SecretError(f"--secret-source: two sources are called {name!r}; give one another with name=NAME")
        if is_default and default is not None:
            raise SecretError(f"--secret-source: {default!r} and {name!r} are both the default")
        try:
            sources[name] = maker(rest, environ)
        except (OSError, UnicodeDecodeError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise SecretError(f"--secret-source {kind}: {reason}") from None
        default = name if is_default else default
    return SecretStore(sources, default)


def _parts(config: str) -> list[str]:
    """Split at commas outside of double quotes, which are taken off."""
    parts = re.findall(r'(?:"[^"]*"|[^,"])+', config)
    return [part.replace('"', "") for part in parts]


def _pair(part: str) -> tuple[str, str]:
    key, sign, value = part.partition("=")
    if not sign or not key.strip():
        raise ValueError("a secret must be given as KEY=VALUE")
    return key.strip(), value


def _mock(parts: list[str], environ: Mapping[str, str]) -> SecretSource:
    del environ
    return _Table(dict(_pair(part) for part in parts))


def _file(parts: list[str], environ: Mapping[str, str]) -> SecretSource:
    del environ
    if len(parts) != 1:
        raise ValueError("give one file: file=PATH")
    path = Path(parts[0].removeprefix("filename="))
    values: dict[str, str] = {}
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            try:
                key, value = _pair(line)
                values[key] = value
            except ValueError:
                raise ValueError(f"{path}:{number}: a line must be KEY=VALUE") from None
    return _Table(values)


def _env(parts: list[str], environ: Mapping[str, str]) -> SecretSource:
    if len(parts) > 1:
        raise ValueError("give at most one prefix: env=PREFIX_")
    return _Environment(parts[0] if parts else "", environ)


def _url(parts: list[str], environ: Mapping[str, str]) -> SecretSource:
    return UrlSource.configured([_pair(part) for part in parts], environ)


_MAKERS: Final[dict[str, Callable[[list[str], Mapping[str, str]], SecretSource]]] = {
    "file": _file,
    "mock": _mock,
    "env": _env,
    "url": _url,
}
