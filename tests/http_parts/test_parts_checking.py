"""What is found wrong with HTTP options before a request is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trustme

from swell.http.checking import environment_problem, option_problems
from swell.model.plan import HttpOptions


def test_the_defaults_are_fine() -> None:
    """Nothing is wrong with them, nor with an option that means "no proxy"."""
    assert list(option_problems(HttpOptions())) == []
    assert list(option_problems(HttpOptions(proxy="", timeout=0.001))) == []


@pytest.mark.parametrize(
    ("options", "name", "word"),
    [
        (HttpOptions(proxy="socks5://x:1"), "proxy", "socks5://"),
        (HttpOptions(proxy="http://x:port"), "proxy", "not valid"),
        (HttpOptions(timeout=0.0), "timeout", "0 s"),
        (HttpOptions(connect_timeout=-1.0), "connect_timeout", "-1 s"),
        (HttpOptions(read_timeout=0.0), "read_timeout", "0 s"),
        (HttpOptions(verify="/nowhere/ca.pem"), "verify", "/nowhere/ca.pem does not exist"),
        (HttpOptions(client_cert="/nowhere/me.pem"), "client_cert", "/nowhere/me.pem does not exist"),
        (HttpOptions(client_key="/nowhere/key.pem"), "client_key", "without a certificate"),
    ],
)
def test_what_cannot_work_is_named(options: HttpOptions, name: str, word: str) -> None:
    """By the name of the option, with a reason for people."""
    [(found, problem)] = option_problems(options)
    assert found == name
    assert word in problem


def test_files_that_can_be_used(tmp_path: Path) -> None:
    """A CA file and a client certificate pass."""
    authority = trustme.CA()
    ca, me = tmp_path / "ca.pem", tmp_path / "me.pem"
    authority.cert_pem.write_to_path(str(ca))
    authority.issue_cert("me@example.org").private_key_and_cert_chain_pem.write_to_path(str(me))
    assert list(option_problems(HttpOptions(verify=str(ca), client_cert=str(me)))) == []


def test_a_proxy_of_the_environment() -> None:
    """It is looked at where it would be used, and named by its variable."""
    environ = {"HTTP_PROXY": "socks5://x:1"}
    assert "HTTP_PROXY" in environment_problem(HttpOptions(), environ)
    assert environment_problem(HttpOptions(trust_env=False), environ) == ""
    assert environment_problem(HttpOptions(proxy="http://y:1"), environ) == ""
    assert environment_problem(HttpOptions(), {"HTTP_PROXY": "http://y:1"}) == ""


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        (("example.org", 443, "elsewhere"), "no IP address"),
        (("example.org", 70_000, "10.0.0.7"), "1 to 65535"),
        ("example.org:443:10.0.0.7", "HOST, PORT, ADDRESS"),
        (("example.org", 443, "10.0.0.7"), ""),
        (("*", 0, "::1"), ""),
    ],
)
def test_fixed_addresses(entry: Any, word: str) -> None:
    """Where a name is sent to must be an address: it is never looked up."""
    found = list(option_problems(HttpOptions(resolve=(entry,))))
    assert [name for name, _ in found] == (["resolve"] if word else [])
    assert all(word in problem for _, problem in found)
