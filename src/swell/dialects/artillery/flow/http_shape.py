"""What a request step sends: URL, headers and body, compiled from its script.

Rules: what is literal is made once, down to the bytes of a JSON body; only templates are rendered per request. Names of
headers are small letters, as Artillery sends them; a step's own come before the defaults.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias, cast
from urllib.parse import quote_plus

from msgspec import Struct

from swell.dialects.artillery.flow.json_template import compile_json
from swell.dialects.artillery.flow.templates import Scope, Template, compile_template, render_text
from swell.dialects.artillery.flow.values import UNDEFINED, js_text

__all__ = ["HttpDefaults", "Order", "Shape"]

_Body: TypeAlias = "Callable[[Scope], tuple[Any, Any]]"

_JSON: Final = "application/json"
_BODIES: Final = ("body", "form", "formData")
_FORM: Final = "application/x-www-form-urlencoded"


class HttpDefaults(NamedTuple):
    """What `config` says for all requests.

    `session_headers` are those every VU's session sends; `headers` the templates that are rendered per request.
    """

    target: str
    base: Path
    session_headers: dict[str, str]
    headers: Mapping[str, Template]
    cookies: Mapping[str, Template]
    timeout: float
    extended: bool

    def absolute(self, url: str) -> str:
        """The URL with the target in front, if it is a path."""
        return self.target.rstrip("/") + url if url.startswith("/") else url


class Order(Struct, gc=False):
    """One request, ready to be sent. `files` as the session takes them."""

    url: str
    data: Any = None
    files: Any = None
    headers: dict[str, str] | None = None


class Shape:
    """The compiled request of a step. Raises ValueError for a script that makes none."""

    def __init__(self, defaults: HttpDefaults, method: str, spec: Mapping[str, Any]) -> None:
        self.method = method
        self._defaults = defaults
        url = spec.get("url", spec.get("uri"))
        if not isinstance(url, str) or not url:
            raise ValueError(f"{method.lower()} needs a url")
        self.raw_url = url
        self.absolute_url = self._defaults.absolute(url)
        self._url = compile_template(self.absolute_url)
        self._query = [(compile_template(str(k)), compile_template(v)) for k, v in _pairs(spec, "qs")]
        # `json:` with nothing behind it is null, which is JSON too, unless there is another body.
        self.sends_json = "json" in spec and (spec["json"] is not None or not any(map(spec.get, _BODIES)))
        self._body, self._content_type = self._compile_body(spec)
        self._literal_headers: dict[str, str] = {}
        self._headers: list[tuple[str | Template, Template]] = []
        self._keeps_encoding = spec.get("gzip") is False
        self._compile_headers(_pairs(spec, "headers"))
        self._auth = compile_template(spec["auth"]) if isinstance(spec.get("auth"), Mapping) else None
        self._cookies = [(compile_template(str(k)), compile_template(v)) for k, v in _pairs(spec, "cookie")]
        self.sets_cookies = bool(self._cookies)
        self._fixed = self._make_fixed()

    def _make_fixed(self) -> Order | None:
        """The request, if it is always the same."""
        if not (self._url.render or self._query or self._body or self._headers or self._auth):
            return Order(self._url.value, None, None, self._literal_headers or None)
        return None

    def with_headers(self, headers: Any) -> Shape:
        """The same request with other headers, which hooks change most."""
        other = object.__new__(Shape)
        other.__dict__.update(self.__dict__)
        other._literal_headers = {}
        other._headers = []
        other._compile_headers(_pairs({"headers": headers}, "headers"))
        other._fixed = other._make_fixed()
        return other

    def order(self, scope: Scope) -> Order:
        """The request for this VU. Raises ValueError where its values make none."""
        if self._fixed is not None:
            return self._fixed
        url = render_text(self._url, scope)
        url = self._defaults.absolute(url)
        if self._query:
            url = _with_query(url, [(render_text(key, scope), value(scope)) for key, value in self._query])
        data, files = self._body(scope) if self._body is not None else (None, None)
        headers = self._literal_headers
        if self._headers or self._auth is not None:
            headers = dict(headers)
            for name, value in self._headers:
                shown = value(scope)
                if shown is not UNDEFINED and shown is not None:
                    key = name if isinstance(name, str) else render_text(name, scope).lower()
                    headers[key] = _header_text(shown)
            if self._auth is not None:
                _add_auth(headers, self._auth(scope))
        return Order(url, data, files, headers or None)

    def cookies(self, scope: Scope) -> list[tuple[str, str]]:
        """The cookies that the step puts into the VU's jar."""
        return [(render_text(name, scope), render_text(value, scope)) for name, value in self._cookies]

    def _compile_headers(self, given: list[tuple[Any, Any]]) -> None:
        own = [(str(name), value) for name, value in given]
        names = {name.lower() for name, _ in own}
        defaults = self._defaults
        if self._content_type and not (
            "content-type" in names or "content-type" in defaults.session_headers or "content-type" in defaults.headers
        ):
            self._literal_headers["content-type"] = self._content_type
        if self._keeps_encoding and "accept-encoding" not in names:
            self._literal_headers["accept-encoding"] = "identity"
        for name, template in defaults.headers.items():
            if name not in names:
                self._headers.append((name, template))
        for name, value in own:
            if isinstance(value, str) and "{{" not in value and "{{" not in name:
                # What hooks set is another text each time: nothing to compile, and nothing to keep.
                self._literal_headers[name.lower()] = _header_text(value)
                continue
            key, template = compile_template(name), compile_template(value)
            if key.render is None and template.render is None:
                if value is not None:
                    self._literal_headers[name.lower()] = _header_text(value)
            else:
                self._headers.append((name.lower() if key.render is None else key, template))

    def _compile_body(self, spec: Mapping[str, Any]) -> tuple[_Body | None, str]:
        """What makes the body, and its content type."""
        if self.sends_json:
            return _json_body(spec["json"]), _JSON
        body = spec.get("body")
        if body is not None:
            if isinstance(body, (dict, list)):
                return _json_body(cast("Any", body)), _JSON
            return _text_body(body), ""
        if spec.get("form") is not None:
            fields = [(compile_template(str(k)), compile_template(v)) for k, v in _pairs(spec, "form")]
            return _form_body(fields), _FORM
        if spec.get("formData") is not None:
            parts = [(compile_template(str(k)), compile_template(v)) for k, v in _pairs(spec, "formData")]
            return self._multipart(parts), ""
        return None, ""

    def _multipart(self, parts: list[tuple[Template, Template]]) -> _Body:
        base = self._defaults.base

        def make(scope: Scope) -> tuple[Any, Any]:
            return None, [(render_text(name, scope), _part(value(scope), base)) for name, value in parts]

        return make


def _pairs(spec: Mapping[str, Any], key: str) -> list[tuple[Any, Any]]:
    value = spec.get(key)
    if value is None:
        return []
    if not isinstance(value, Mapping):
        raise ValueError(f"{key} is a mapping of names to values, not {value!r}")
    return list(cast("Mapping[Any, Any]", value).items())


def _header_text(value: Any) -> str:
    text = ", ".join(map(js_text, cast("list[Any]", value))) if isinstance(value, list) else js_text(value)
    return text.replace("\r", " ").replace("\n", " ")


def _add_auth(headers: dict[str, str], auth: Any) -> None:
    if isinstance(auth, Mapping) and "authorization" not in headers:
        given = cast("Mapping[str, Any]", auth)
        user = js_text(given.get("user", given.get("username", "")))
        password = js_text(given.get("pass", given.get("password", "")))
        headers["authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def _encoded(text: str) -> str:
    return quote_plus(text, safe="*", errors="replace")


def _query_text(pairs: list[tuple[str, Any]]) -> str:
    """Pairs as URLSearchParams writes them; a list gives its name several times, undefined nothing."""
    found: list[str] = []
    for name, value in pairs:
        for each in cast("list[Any]", value) if isinstance(value, list) else [value]:
            shown = "" if each is None else js_text(each)
            found += [f"{_encoded(name)}={_encoded(shown)}"] if each is not UNDEFINED else []
    return "&".join(found)


def _with_query(url: str, pairs: list[tuple[str, Any]]) -> str:
    front, mark, fragment = url.partition("#")
    added = _query_text(pairs)
    if not added:
        return url
    return f"{front}{'&' if '?' in front else '?'}{added}{mark}{fragment}"


def _json_body(value: Any) -> _Body:
    make = compile_json(value)
    return lambda scope: (make(scope), None)


def _text_body(body: Any) -> _Body:
    template = compile_template(body)
    if template.render is None:
        fixed = body if isinstance(body, bytes) else js_text(body).encode("utf-8", "replace")
        return lambda _: (fixed, None)

    def make(scope: Scope) -> tuple[Any, Any]:
        value = template(scope)
        if value is UNDEFINED:
            return None, None
        return (value if isinstance(value, bytes) else js_text(value).encode("utf-8", "replace")), None

    return make


def _form_body(fields: list[tuple[Template, Template]]) -> _Body:
    def make(scope: Scope) -> tuple[Any, Any]:
        return _query_text([(render_text(name, scope), value(scope)) for name, value in fields]).encode("ascii"), None

    return make


def _part(value: Any, base: Path) -> tuple[Any, ...]:
    """One part of a multipart body: (filename, content, content type)."""
    if not isinstance(value, Mapping):
        return None, js_text(value), None
    given = cast("Mapping[str, Any]", value)
    content_type = given.get("contentType")
    if "fromFile" in given:
        path = base / js_text(given["fromFile"])
        return js_text(given.get("filename", path.name)), path, content_type
    return given.get("filename"), js_text(given.get("value")), content_type
