"""Routes: which connections can carry which requests.

Rules: two requests share connections only if they have the same route object: same origin, same proxy, same TLS
settings. Routes are made once per client, so identity is equality. Pure data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swell.http.proxy import Proxy
    from swell.http.tls import TlsWish
    from swell.http.urls import Target

__all__ = ["Route"]


class Route:
    """A way to one origin.

    `host`, `port`: of the origin. `where`: "host:port" for messages. `secure`: TLS with the origin. `proxy`: None when
    direct. `absolute`: requests name the whole URL, because a proxy forwards them. `verify`, `cert`, `key`, `wish`: as
    for `tls.tls_context`.
    """

    __slots__ = ("absolute", "cert", "host", "key", "port", "proxy", "secure", "verify", "where", "wish")

    def __init__(  # noqa: PLR0917 - plain data
        self,
        target: Target,
        proxy: Proxy | None,
        verify: bool | str,
        cert: str | None,
        key: str | None,
        wish: TlsWish | None = None,
    ) -> None:
        self.host = target.host
        self.port = target.port
        self.secure = target.scheme == "https"
        self.where = f"{target.host}:{target.port}"
        self.proxy = proxy
        self.absolute = proxy is not None and not self.secure
        self.verify = verify
        self.cert = cert
        self.key = key
        self.wish = wish
