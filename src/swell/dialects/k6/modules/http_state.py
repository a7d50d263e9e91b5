"""What k6/http keeps for one VU: responses that the script may still ask about, cookie jars, the callback.

Rules: one object per context, made at its first use. A response stays until the script's object for it is freed.
Requests are refused before the VU runs (init code). Requests with another jar or limit of redirects go through
sibling sessions, which share the VU's connections and expected statuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from swell.dialects.javascript import JsThrow
from swell.http.cookies import CookieJar
from swell.http.session import Session

if TYPE_CHECKING:
    from swell.dialects.k6.modules.http_limits import RateLimit

__all__ = ["HttpState", "NoResponse", "option", "state_of"]


_MOST_REDIRECTS: Final = 10  # where no option says more


class NoResponse:
    """Stands for the response of a request that could not be made at all."""

    __slots__ = ("code", "error", "method", "url")

    status_code = 0

    def __init__(self, method: str, url: str, error: str, code: int) -> None:
        self.method = method
        self.url = url
        self.error = error
        self.code = code


class _Sibling(Session):
    """A session beside the VU's own, on its connections, with a jar that is given for each request."""

    __slots__ = ()

    def adopt(self, jar: CookieJar) -> None:
        self._jar = jar


class HttpState:
    """k6/http of one VU. `kept`: number of a response -> it; `types`: those that are no text."""

    __slots__ = (
        "_siblings",
        "debug",
        "discard",
        "expected",
        "jars",
        "kept",
        "limit",
        "plain",
        "ready",
        "session",
        "throw",
        "types",
        "vu",
    )

    def __init__(self, vu: Any) -> None:
        self.vu = vu
        self.kept: dict[int, Any] = {}
        self.types: dict[int, str] = {}
        self.jars: dict[int, CookieJar] = {}
        self.expected: frozenset[int] | None = None
        self.ready = False
        self.throw = False
        self.debug = ""
        self.discard = False
        self.limit: RateLimit | None = None
        self.plain = False
        self.session: Session | None = None
        self._siblings: dict[int, _Sibling] = {}

    def begin(self) -> Session:
        """The VU's session, made to behave like k6's. Raises JsThrow in init code."""
        vu = self.vu
        if vu is None or vu.phase == "init":
            raise JsThrow("Error", "requests cannot be made in the init context; move them into a function")
        session = cast("Session", vu.session)
        if session is not self.session:
            session.record_hops = True
            session.keep_last_redirect = True if option(vu, "maxRedirects", None) is not None else self._too_many
            if self.expected is not None and session.expected_statuses != self.expected:
                session.expected_statuses = self.expected
            self.session = session
            self._siblings = {}
        if not self.ready:
            self.throw = bool(option(vu, "throw", False))
            self.discard = bool(option(vu, "discardResponseBodies", False))
            self.debug = str(option(vu, "httpDebug", ""))
            rps = option(vu, "rps", 0)
            if rps:
                from swell.dialects.k6.modules.http_limits import rate_limit  # noqa: PLC0415 - few tests limit it

                self.limit = rate_limit(vu.hub, float(rps))
            self.plain = not (self.throw or self.limit is not None or self.discard or self.debug)
            self.ready = True
        return session

    def _too_many(self, url: str) -> None:
        """Nobody has said how many redirects to follow, and this was one more."""
        self.vu.log("warn", f"{url}: not followed, since {_MOST_REDIRECTS} redirects are the limit; set maxRedirects")

    def expect(self, statuses: frozenset[int]) -> None:
        """The statuses that are a success from now on."""
        self.expected = statuses
        if self.session is not None and self.session.expected_statuses != statuses:
            self.session.expected_statuses = statuses

    def jar(self, number: int) -> CookieJar:
        """A jar of the script; 0 is the VU's own. Raises JsThrow in init code for that."""
        return self.jars[number] if number else self.begin().cookies

    def sibling(self, session: Session, jar: int, redirects: int | None) -> Session:
        """A session with this jar and limit of redirects."""
        limit = session.max_redirects if redirects is None else redirects
        found = self._siblings.get(limit)
        # Requests of a batch run at the same time: each jar has its own then.
        if found is None or jar:
            options = session.client.options
            found = _Sibling(session.client.hub, session.client.recorder, options, session.base_url, session.pool)
            found.record_hops = found.keep_last_redirect = True
            found.max_redirects = limit
            found.local_address = session.local_address
            if not jar:
                self._siblings[limit] = found
        if found.expected_statuses != session.expected_statuses:
            found.expected_statuses = session.expected_statuses
        found.adopt(self.jars[jar] if jar else session.cookies)
        return found


def state_of(context: Any) -> HttpState:
    """The state of this context's VU."""
    try:
        return context.k6_http
    except AttributeError:
        state = context.k6_http = HttpState(context.state)
        return state


def option(vu: Any, name: str, default: Any) -> Any:
    """One of the script's options by k6's name, whether they are a mapping or an object with our spelling."""
    options = getattr(vu, "options", None)
    if isinstance(options, Mapping):
        value = cast("Mapping[str, Any]", options).get(name)
    else:
        ours = "".join(f"_{char.lower()}" if char.isupper() else char for char in name)
        value = getattr(options, name, getattr(options, ours, None))
    return default if value is None else value
