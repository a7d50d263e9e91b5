"""System tags of requests: recorded as the option `systemTags` says, seen by thresholds, summary and outputs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..k6.conftest import K6
    from .conftest import Counting

_BOTH = """
import http from 'k6/http';
export const options = {
  insecureSkipTLSVerify: true, OPTIONS
  thresholds: {
    'http_reqs{proto:HTTP/1.1}': ['count==5'], 'http_req_duration{tls_version:tls1.3}': ['max>=0'],
    'http_reqs{tls_version:tls1.3}': ['count==2'],
  },
};
export default function () {
  for (let i = 0; i < 3; i++) http.get(__ENV.PLAIN, { tags: { name: 'both' } });
  for (let i = 0; i < 2; i++) http.get(__ENV.TLS, { tags: { name: 'both' } });
  http.get('http://127.0.0.1:1/');
}
"""


def _points(path: Path, metric: str) -> list[dict[str, Any]]:
    """The tags of a metric's samples."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [line["data"]["tags"] for line in lines if line["type"] == "Point" and line["metric"] == metric]


def test_what_is_on_by_default(k6: K6, tls_server: Callable[..., Counting], counting: Counting) -> None:
    """Protocol and TLS version, as far as there was a connection; one name may have both kinds."""
    tls = tls_server()
    flags = ["-e", f"PLAIN=http://127.0.0.1:{counting.port}/", "-e", f"TLS=https://127.0.0.1:{tls.port}/"]
    ran = k6(_BOTH.replace("OPTIONS", ""), *flags, "--out", "json=out.json")
    assert ran.code == 0, ran.err
    assert ran.metric("http_reqs{tls_version:tls1.3}")["count"] == 2
    tags = _points(ran.folder / "out.json", "http_req_duration")
    assert [each.get("tls_version") for each in tags].count("tls1.3") == 2
    assert [each.get("proto") for each in tags].count("HTTP/1.1") == 5
    failed = next(each for each in _points(ran.folder / "out.json", "http_reqs") if each["status"] == "0")
    assert failed["error_code"] == "1212"
    assert not {"proto", "tls_version", "ip"} & set(failed)


def test_those_that_are_asked_for(k6: K6, tls_server: Callable[..., Counting], counting: Counting) -> None:
    """`ip` and `ocsp_status` on request; what is not asked for is in no output."""
    tls = tls_server()
    ran = k6(
        """
        import http from 'k6/http';
        export const options = { insecureSkipTLSVerify: true, systemTags: ['status', 'ip', 'ocsp_status'],
          thresholds: { 'http_reqs{ip:127.0.0.1}': ['count==2'], 'http_reqs{ocsp_status:unknown}': ['count==1'] } };
        export default function () { http.get(__ENV.PLAIN); http.get(__ENV.TLS, { tags: { mine: 'x' } }); }
        """,
        *("-e", f"PLAIN=http://127.0.0.1:{counting.port}/", "-e", f"TLS=https://127.0.0.1:{tls.port}/"),
        *("--out", "json=out.json"),
    )
    assert ran.code == 0, ran.err
    assert _points(ran.folder / "out.json", "http_reqs") == [
        {"ip": "127.0.0.1", "status": "200"},
        {"ip": "127.0.0.1", "status": "200", "ocsp_status": "unknown", "mine": "x"},
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("systemTags: ['status'], thresholds: {'http_reqs{proto:HTTP/1.1}': ['count>0']}", "systemTags"),
        ("thresholds: {'http_reqs{ip:1.2.3.4}': ['count>0']}", "systemTags"),
        ("thresholds: {'http_reqs{vu:1}': ['count>0']}", "no tag"),
    ],
)
def test_thresholds_on_tags_that_are_not_recorded(k6: K6, options: str, said: str) -> None:
    """Nothing would match: the test does not begin."""
    ran = k6(f"export const options = {{ {options} }}; export default function () {{}}")
    assert ran.code == 104
    assert said in ran.err


def test_tags_of_the_command_line(k6: K6) -> None:
    """Any name and value, with = or as thresholds have it; a value may hold either sign."""
    source = """
    export const options = { thresholds: { 'iterations{a:b=c,1st:x,z:1}': ['count==1'] } };
    export default () => {}
    """
    ran = k6(source, "--tag", "a=b=c", "--tag", "1st:x", "--tags", "z=1")
    assert ran.code == 0, ran.out


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("statuss", "unknown tag 'statuss', which does nothing; did you mean 'status'?"),
        ("vu", "'vu' is not recorded here"),
        ("ip,url, service", ""),
    ],
)
def test_system_tags_that_do_nothing(k6: K6, asked: str, said: str) -> None:
    """A tag that no sample will have is told; the test runs, as in k6."""
    ran = k6("export default () => {}", "--system-tags", asked)
    assert ran.code == 0
    assert said in ran.err
    assert ("systemTags" in ran.err) == bool(said)
