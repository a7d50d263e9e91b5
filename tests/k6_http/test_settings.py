"""The script's options that the HTTP client takes."""

from __future__ import annotations

import pytest

from swell.dialects.k6.modules.http_settings import http_options
from swell.model.plan import HttpOptions


def test_defaults() -> None:
    """k6's defaults: ten redirects, certificates checked."""
    assert http_options({}, "k6") == (HttpOptions(max_redirects=10, user_agent="k6"), [])


def test_all_that_is_supported() -> None:
    """Each supported option reaches its field; an explicit 0 is kept."""
    options, refused = http_options(
        {
            "maxRedirects": 0,
            "userAgent": "me",
            "insecureSkipTLSVerify": True,
            "hosts": {"a.test": "127.0.0.1", "b.test:8080": "127.0.0.2:8080", "*": "::1"},
        }
    )
    assert (options.max_redirects, options.user_agent, options.verify, refused) == (0, "me", False, [])
    assert options.resolve == (("a.test", 0, "127.0.0.1"), ("b.test", 8080, "127.0.0.2"), ("*", 0, "::1"))


def test_what_is_not_supported_is_named() -> None:
    """No option is dropped in silence."""
    _, refused = http_options({"blacklistIPs": ["10.0.0.0/8"], "noConnectionReuse": False})
    assert len(refused) == 1
    assert "blacklistIPs" in refused[0]


@pytest.mark.parametrize("hosts", [{"*.test": "127.0.0.1"}, {"a.test": "127.0.0.1:81"}])
def test_hosts_that_cannot_be(hosts: dict[str, str]) -> None:
    """Wildcards and other ports are refused with what to do."""
    with pytest.raises(ValueError, match="not supported"):
        http_options({"hosts": hosts})
