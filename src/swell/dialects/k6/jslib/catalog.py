"""Which URLs our equivalents of remote libraries stand for, and where a user's own copy of a remote file lies.

Rules: pure look-ups. Any version of a library's URL is served by the one equivalent; a copy in a vendor folder goes
before it, since whoever saved one wants that very file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

__all__ = ["LIBRARIES", "Library", "equivalent", "equivalents", "find", "vendored"]


@dataclass(frozen=True, slots=True)
class Library:
    """An equivalent of ours. `module`: the host module's name; `file`: its source beside this module."""

    name: str
    file: str

    @property
    def module(self) -> str:
        """The name that a resolver gives to the runtime."""
        return f"swell:jslib/{self.name}"

    @property
    def source(self) -> str:
        """The JavaScript: the body of `function (host, exports, core)`."""
        return resources.files(__package__ or "").joinpath(self.file).read_text("utf-8")


LIBRARIES: Final = {
    name: Library(name, f"{name}.js")
    for name in (
        "ajv",
        "expect",
        "form-urlencoded",
        "formdata",
        "http-instrumentation",
        "http-instrumentation-pyroscope",
        "httpx",
        "jsonpath",
        "k6-reporter",
        "k6-summary",
        "k6-testing",
        "k6-utils",
        "k6chaijs",
        "k6chaijs-contracts",
        "papaparse",
        "totp",
        "url",
    )
}
"""All equivalents by name."""

_SAME: Final = {
    "functional": "expect",
    "http-instrumentation-tempo": "http-instrumentation",
}
# On host and path, in this order; a group names the library where the pattern stands for several.
_STEMS: Final = (
    (re.compile(r"jslib\.k6\.io/([\w-]+)/.+\.js"), None),
    (re.compile(r"raw\.githubusercontent\.com/benc-uk/k6-reporter/.+\.js"), "k6-reporter"),
    (re.compile(r"github\.com/benc-uk/k6-reporter/raw/.+\.js"), "k6-reporter"),
    (re.compile(r"cdn\.jsdelivr\.net/gh/benc-uk/k6-reporter(?:@[^/]+)?/.+\.js"), "k6-reporter"),
    (re.compile(r"(?:cdn\.jsdelivr\.net/npm|unpkg\.com|esm\.sh)/papaparse(?:@[^/]+)?(?:/.*)?"), "papaparse"),
    (re.compile(r"cdnjs\.cloudflare\.com/ajax/libs/PapaParse/.+\.js"), "papaparse"),
)


def find(url: str) -> Library | None:
    """Our equivalent of the library at a URL; None if there is none."""
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"}:
        return None
    place = parts.netloc + parts.path
    for pattern, name in _STEMS:
        found = pattern.fullmatch(place)
        if found:
            wanted = name or str(found[1])
            return LIBRARIES.get(_SAME.get(wanted, wanted))
    return None


def equivalent(url: str) -> str | None:
    """The host module for a remote library, as `Resolver.equivalent` wants it."""
    library = find(url)
    return None if library is None else library.module


def vendored(url: str, folders: Iterable[str | Path]) -> Path | None:
    """The user's copy of a remote file: the first `<folder>/<host>/<path>` that is there."""
    parts = urlsplit(url)
    inside = unquote(parts.path).lstrip("/")
    if not parts.netloc or not inside or ".." in inside.split("/"):
        return None
    places = (Path(folder) / parts.netloc / inside for folder in folders)
    return next((place for place in places if place.is_file()), None)


def equivalents(folders: Iterable[str | Path]) -> Callable[[str], str | None]:
    """As `equivalent`, but silent about what the user has a copy of in one of the folders."""
    places = list(folders)
    return lambda url: None if vendored(url, places) else equivalent(url)
