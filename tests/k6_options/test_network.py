"""Options of the network in whole runs: what is blocked, mapped, kept open, and where requests come from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..k6.conftest import K6
    from .conftest import Counting

_TWO_OF_TWO = """
import http from 'k6/http';
export const options = { vus: 2, iterations: 4, summaryTrendStats: ['count'], %s };
export default function () { http.get(__ENV.URL); http.get(__ENV.URL); }
"""


def test_what_is_blocked(k6: K6, counting: Counting) -> None:
    """k6's texts and numbers; the requests count as failed, nothing is sent, the script goes on."""
    ran = k6(
        """
        import http from 'k6/http';
        export const options = {
          blockHostnames: ['*.blocked.test', 'localhost'], blacklistIPs: ['10.0.0.0/8', '127.0.0.9/32'],
          hosts: { 'mapped.test': '127.0.0.9' },
          thresholds: { 'http_reqs{error_code:1110}': ['count==2'], 'http_reqs{error_code:1111}': ['count==2'] },
        };
        export default function () {
          for (const host of ['a.blocked.test', 'localhost', '10.1.2.3', 'mapped.test']) {
            const r = http.get(`http://${host}/`);
            console.log(r.status, r.error_code, r.error);
          }
          console.log(http.get(__ENV.URL).status);
        }
        """,
        "-e",
        f"URL=http://127.0.0.1:{counting.port}/",
    )
    assert ran.code == 0, ran.err
    assert ran.logged == [
        "0 1111 hostname (a.blocked.test) is in a blocked pattern (*.blocked.test)",
        "0 1111 hostname (localhost) is in a blocked pattern (localhost)",
        "0 1110 IP (10.1.2.3) is in a blacklisted range (10.0.0.0/8)",
        "0 1110 IP (127.0.0.9) is in a blacklisted range (127.0.0.9/32)",
        "200",
    ]
    assert ran.metric("http_req_failed")["passes"] == 4


def test_what_flags_block(k6: K6) -> None:
    """The flags mean the same, and may be repeated; `throw` makes exceptions of them."""
    ran = k6(
        """
        import http from 'k6/http';
        export default function () {
          for (const url of ['http://a.test/', 'http://b.test/', 'http://127.1.1.1/']) {
            try { http.get(url); } catch (error) { console.log(error.message.split(': ').pop()); }
          }
        }
        """,
        *("--block-hostnames", "a.test", "--block-hostnames", "b.test,c.test", "--blacklist-ip", "127.1.0.0/16", "-w"),
    )
    assert ran.code == 0, ran.err
    assert ran.logged == [
        "hostname (a.test) is in a blocked pattern (a.test)",
        "hostname (b.test) is in a blocked pattern (b.test)",
        "IP (127.1.1.1) is in a blacklisted range (127.1.0.0/16)",
    ]


def test_hosts_with_wildcards_and_ports(k6: K6, counting: Counting) -> None:
    """The Host header says what the URL says; the connection goes where the map says."""
    ran = k6(
        """
        import http from 'k6/http';
        export const options = { hosts: {
          'a.test': `127.0.0.1:${__ENV.PORT}`, '*.b.test:81': `127.0.0.1:${__ENV.PORT}`, 'c.test': '127.0.0.1' } };
        export default function () {
          for (const url of ['http://a.test/', 'http://x.y.b.test:81/', `http://c.test:${__ENV.PORT}/`]) {
            const r = http.get(url);
            console.log(r.json('host'), r.remote_ip, r.remote_port == __ENV.PORT);
          }
        }
        """,
        "-e",
        f"PORT={counting.port}",
    )
    assert ran.code == 0, ran.err
    assert ran.logged == [
        "a.test 127.0.0.1 true",
        "x.y.b.test:81 127.0.0.1 true",
        f"c.test:{counting.port} 127.0.0.1 true",
    ]


def test_connections_are_kept_by_default(k6: K6, counting: Counting) -> None:
    """One connection for each VU, over its iterations."""
    assert k6(_TWO_OF_TWO % "", "-e", f"URL=http://127.0.0.1:{counting.port}/").code == 0
    assert (len(counting.peers), len(set(counting.peers)) <= 2) == (8, True)


def test_no_connection_reuse(k6: K6, counting: Counting) -> None:
    """Each request connects, and says that it will be the last."""
    ran = k6(_TWO_OF_TWO % "noConnectionReuse: true", "-e", f"URL=http://127.0.0.1:{counting.port}/")
    assert (ran.code, len(counting.peers), len(set(counting.peers))) == (0, 8, 8)
    assert {seen.get("connection") for seen in counting.seen} == {"close"}


def test_no_connection_reuse_between_iterations(k6: K6, counting: Counting) -> None:
    """Each iteration connects once."""
    ran = k6(_TWO_OF_TWO % "noVUConnectionReuse: true", "-e", f"URL=http://127.0.0.1:{counting.port}/")
    assert (ran.code, len(counting.peers), len(set(counting.peers))) == (0, 8, 4)


def test_local_addresses(k6: K6, counting: Counting) -> None:
    """VUs take them in turn."""
    ran = k6(
        _TWO_OF_TWO.replace("iterations: 4", "iterations: 2") % "scenarios: undefined",
        *("--local-ips", "127.0.0.5-127.0.0.6", "-e", f"URL=http://127.0.0.1:{counting.port}/"),
    )
    assert ran.code == 0, ran.err
    assert {address for address, _ in counting.peers} <= {"127.0.0.5", "127.0.0.6"}


def test_rules_for_names(k6: K6, counting: Counting) -> None:
    """A name that has no address of the only kind wanted cannot be found."""
    script = """
    import http from 'k6/http';
    export const options = { dns: { policy: 'onlyIPv4', ttl: '0', select: 'roundRobin' } };
    export default function () { const r = http.get(__ENV.URL); console.log(r.status, r.remote_ip); }
    """
    ran = k6(script, "-e", f"URL=http://localhost:{counting.port}/")
    assert (ran.code, ran.logged) == (0, ["200 127.0.0.1"])


def test_how_options_are_shown(k6: K6) -> None:
    """`inspect` has them in k6's form."""
    k6.write(
        "a.js",
        "export const options = { dns: 'ttl=1m', tlsVersion: 'tls1.2' }; export default function () {}",
    )
    shown = json.loads(k6.command("inspect", "a.js").out)
    assert (shown["dns"], shown["tlsVersion"]) == ({"ttl": "1m0s"}, {"min": "tls1.2", "max": "tls1.2"})


def test_headers_that_nobody_asked_for(k6: K6, counting: Counting) -> None:
    """Only a User-Agent, as in k6: a server must not compress answers because of us; an empty one is left out."""
    url = f"http://127.0.0.1:{counting.port}/"
    script = "import http from 'k6/http'; export default function () { http.get(__ENV.URL); }"
    assert k6(script, "-e", f"URL={url}").code == 0
    assert k6(script, "-e", f"URL={url}", "--user-agent", "").code == 0
    assert [set(seen) for seen in counting.seen] == [{"host", "user-agent"}, {"host"}]
    assert counting.seen[0]["user-agent"].startswith("Grafana k6/")
