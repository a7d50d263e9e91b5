"""Authorization: basic, bearer, and digest as an answer to a challenge.

Rules: pure but for the client nonce of digest. A header is asked for before each request; a 401 is shown to
`challenged`, which says whether a second request makes sense. Digest (RFC 7616) takes MD5 and SHA-256, each
also as "-sess", and qop "auth" or none. Text is sent as UTF-8.
"""

from __future__ import annotations

import re
import secrets
from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import md5, sha256
from typing import Any, Final, Protocol, cast, runtime_checkable

__all__ = ["Auth", "BasicAuth", "BearerAuth", "DigestAuth", "basic_header", "make_auth"]


@runtime_checkable
class Auth(Protocol):
    """How a client proves who it is."""

    def header(self, method: str, target: str) -> str | None:
        """The value of Authorization for a request; `target` is path and query as sent. None: send none."""
        ...

    def challenged(self, challenges: Sequence[str]) -> bool:
        """Take the WWW-Authenticate values of a 401. True: send the request once more, with a new header."""
        ...


def basic_header(user: str | bytes, password: str | bytes) -> str:
    """The value of (Proxy-)Authorization for a user and password."""
    return "Basic " + b64encode(_bytes(user) + b":" + _bytes(password)).decode("ascii")


class BasicAuth:
    """User and password with every request."""

    __slots__ = ("_header",)

    def __init__(self, user: str | bytes, password: str | bytes) -> None:
        self._header = basic_header(user, password)

    def header(self, method: str, target: str) -> str | None:
        """As `Auth.header`."""
        del method, target
        return self._header

    def challenged(self, challenges: Sequence[str]) -> bool:
        """As `Auth.challenged`; the answer would be the same, so never."""
        del challenges
        return False


class BearerAuth:
    """A token with every request."""

    __slots__ = ("_header",)

    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def header(self, method: str, target: str) -> str | None:
        """As `Auth.header`."""
        del method, target
        return self._header

    def challenged(self, challenges: Sequence[str]) -> bool:
        """As `Auth.challenged`; the answer would be the same, so never."""
        del challenges
        return False


class DigestAuth:
    """User and password by challenge and response. Keeps the last challenge, so that later requests need no second.

    One object serves one client: the count of uses of a nonce is part of the protocol.
    """

    __slots__ = ("_algorithm", "_challenge", "_count", "_password", "_session_nonce", "_user")

    def __init__(self, user: str | bytes, password: str | bytes) -> None:
        self._user = _bytes(user)
        self._password = _bytes(password)
        self._challenge: dict[str, str] | None = None
        self._algorithm = ""
        self._count = 0
        self._session_nonce = ""

    def header(self, method: str, target: str) -> str | None:
        """As `Auth.header`: None until there was a challenge."""
        if self._challenge is None:
            return None
        self._count += 1
        # The "-sess" variants bind the password to the first client nonce, so it stays.
        if not self._session_nonce or not self._algorithm.endswith("-sess"):
            self._session_nonce = secrets.token_hex(8)
        return self._answer(self._challenge, method, target, self._session_nonce)

    def challenged(self, challenges: Sequence[str]) -> bool:
        """As `Auth.challenged`: True for a challenge we can answer, unless it refuses the answer just given."""
        best: dict[str, str] | None = None
        for scheme, fields in _challenges(challenges):
            if scheme != "digest" or "nonce" not in fields or "realm" not in fields:
                continue
            algorithm = fields.get("algorithm", "MD5").lower()
            if algorithm.removesuffix("-sess") not in _HASHES:
                continue
            qop = [each.strip().lower() for each in fields.get("qop", "").split(",") if each.strip()]
            if qop and "auth" not in qop:
                continue
            if best is None or (algorithm.startswith("sha") and not _algorithm(best).startswith("sha")):
                best = fields
        if best is None:
            return False
        old = self._challenge
        if old is not None and best.get("stale", "").lower() != "true" and old["nonce"] == best["nonce"]:
            return False  # the same question again: the password is wrong
        refused = old is not None and self._count == 1 and best.get("stale", "").lower() != "true"
        self._challenge = best
        self._algorithm = _algorithm(best)
        self._count = 0
        self._session_nonce = ""
        return not refused

    def _answer(self, challenge: dict[str, str], method: str, target: str, client_nonce: str) -> str:
        def digest(*parts: bytes) -> str:
            return hashed(b":".join(parts)).hexdigest()

        hashed = _HASHES[self._algorithm.removesuffix("-sess")]
        realm, nonce = challenge["realm"], challenge["nonce"]
        secret = digest(self._user, realm.encode(), self._password)
        if self._algorithm.endswith("-sess"):
            secret = digest(secret.encode(), nonce.encode(), client_nonce.encode())
        action = digest(method.encode(), target.encode())
        count = f"{self._count:08x}"
        fields = [
            f'username="{_escaped(self._user.decode("utf-8", "replace"))}"',
            f'realm="{_escaped(realm)}"',
            f'nonce="{_escaped(nonce)}"',
            f'uri="{target}"',
        ]
        if challenge.get("qop"):
            response = digest(
                secret.encode(), nonce.encode(), count.encode(), client_nonce.encode(), b"auth", action.encode()
            )
            fields += [f'response="{response}"', "qop=auth", f"nc={count}", f'cnonce="{client_nonce}"']
        else:
            response = digest(secret.encode(), nonce.encode(), action.encode())
            fields.append(f'response="{response}"')
            if self._algorithm.endswith("-sess"):
                fields.append(f'cnonce="{client_nonce}"')
        if "algorithm" in challenge:
            fields.append(f"algorithm={challenge['algorithm']}")
        if "opaque" in challenge:
            fields.append(f'opaque="{_escaped(challenge["opaque"])}"')
        return "Digest " + ", ".join(fields)


def make_auth(auth: object) -> Auth | None:
    """What a caller passed as `auth=`: a (user, password) pair, one of these objects, or one that looks like it.

    The classes of requests have `username` and `password`; their digest is told by its name. Raises
    TypeError.
    """
    if auth is None:
        return None
    if isinstance(auth, Auth):
        return auth
    if isinstance(auth, tuple | list):
        pair = cast("Sequence[Any]", auth)
        if len(pair) == 2:
            return BasicAuth(pair[0], pair[1])
    given = cast("Any", auth)
    user, password = getattr(given, "username", None), getattr(given, "password", None)
    if isinstance(user, str | bytes) and isinstance(password, str | bytes):
        return (DigestAuth if "Digest" in type(given).__name__ else BasicAuth)(user, password)
    raise TypeError(f"auth= takes (user, password), BasicAuth, BearerAuth or DigestAuth, not {type(given).__name__}")


_HASHES: Final[dict[str, Any]] = {"md5": md5, "sha-256": sha256}
_SCHEME: Final = re.compile(r"\s*,*\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?:\s+(?!=)|(?=,|$))")
_FIELD: Final = re.compile(
    r'\s*,?\s*([!#$%&\'*+\-.^_`|~0-9A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))\s*(?=,|$)'
)
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*\s*(?=,|$)")


def _challenges(values: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The challenges in WWW-Authenticate values, of which one may hold several."""
    for value in values:
        position = 0
        while found := _SCHEME.match(value, position):
            position = found.end()
            fields: dict[str, str] = {}
            while field := _FIELD.match(value, position):
                quoted, token = field[2], field[3]
                fields[field[1].lower()] = token if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
                position = field.end()
            if not fields and (token := _TOKEN.match(value, position)):
                position = token.end()
            yield found[1].lower(), fields


def _algorithm(challenge: dict[str, str]) -> str:
    return challenge.get("algorithm", "MD5").lower()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else str(text).encode()
