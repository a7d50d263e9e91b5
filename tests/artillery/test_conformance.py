"""Small scripts on real Artillery and on Swell against one server: requests, counters, exit codes, report keys.

Skipped where Artillery is not installed: `npm i artillery@2.0.34`, and SWELL_TEST_ARTILLERY names its program.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.artillery.conftest import Ran, Runner, Server

_FLOW = """
config:
  target: URL
  phases: [{duration: 1, arrivalCount: 3}]
  defaults: {headers: {X-Default: one}}
  variables: {color: red, deep: {a: [1, 2]}}
scenarios:
  - name: flow
    flow:
      - get:
          url: /a
          qs: {q: "{{ color }}", n: 5}
          headers: {X-Own: "{{ deep.a[1] }}"}
          capture: [{json: $.token, as: token}, {json: "$.items[0].id", as: first, transform: "this.first * 100"}]
      - post: {url: "/b/{{ token }}", json: {id: "{{ first }}", text: "n{{ first }}", deep: "{{ deep }}"}}
      - put: {url: /c, form: {a: "x y", b: "{{ color }}"}}
      - loop:
          - get: {url: "/loop/{{ $loopCount }}"}
        count: 3
      - loop:
          - get: {url: "/over/{{ $loopElement }}"}
        over: [x, "y"]
      - think: 1
      - patch: {url: /d, body: plain}
      - delete: {url: /status/404}
"""

_ERRORS = """
config:
  target: URL
  phases: [{duration: 1, arrivalCount: 4}]
scenarios:
  - flow:
      - get: {url: /status/503}
      - get: {url: /x, capture: {json: $.nothing, as: y}}
      - get: {url: /never}
"""

_REFUSED = """
config:
  target: http://127.0.0.1:1
  phases: [{duration: 1, arrivalCount: 2}]
  plugins: {ensure: {maxErrorRate: 10}}
scenarios:
  - name: none
    flow: [{get: {url: /}}]
"""

_EXPECT = """
config:
  target: URL
  phases: [{duration: 1, arrivalCount: 2}]
  plugins: {expect: {}, metrics-by-endpoint: {}}
scenarios:
  - name: expecting
    flow:
      - get: {url: /ok/1234, name: named, expect: [{statusCode: 200}, {hasProperty: token}, {contentType: json}]}
      - get: {url: /status/404, expect: [{statusCode: [200, 201]}]}
"""

_ARRIVALS = """
config:
  target: URL
  phases:
    - {duration: 2, arrivalRate: 5, name: steady}
    - {duration: 3, arrivalRate: 2, rampTo: 9}
    - {pause: 1}
    - {duration: 1, arrivalRate: 4, rampTo: 0}
before:
  flow: [{get: {url: /before, capture: {json: $.token, as: token}}}]
after:
  flow: [{get: {url: /after}}]
scenarios:
  - name: all
    weight: 2
    flow: [{get: {url: "/{{ token }}"}}]
"""

_CASES = {"flow": _FLOW, "errors": _ERRORS, "refused": _REFUSED, "expect": _EXPECT, "arrivals": _ARRIVALS}


def _shown(server: Server) -> list[tuple[str, str, str, str]]:
    """What was received, without the order of VUs: method, path, body, the headers that matter."""
    seen = [
        (method, path, body, ",".join(f"{name}={headers.get(name)}" for name in ("x-default", "x-own", "content-type")))
        for method, path, body, headers in server.seen
    ]
    server.seen.clear()
    return sorted(seen)


def _figures(ran: Ran) -> dict[str, Any]:
    """Counters but those of bytes, which Artillery counts otherwise; absent and 0 are not the same."""
    return {name: value for name, value in ran.counters.items() if "bytes" not in name}


@pytest.mark.parametrize("case", _CASES)
def test_same_as_artillery(runner: Runner, server: Server, case: str) -> None:
    """Requests, counters, names of rates and summaries, keys of the report and the exit code are the same."""
    script = _CASES[case].replace("URL", server.url)
    theirs = runner.real(script)
    their_report, their_counters, their_requests = theirs.report, _figures(theirs), _shown(server)
    ours = runner.run(script)
    assert _shown(server) == their_requests
    assert _figures(ours) == their_counters
    assert ours.code == theirs.code
    for part in ("rates", "summaries", "histograms"):
        assert set(ours.report["aggregate"][part]) == set(their_report["aggregate"][part])
    assert set(ours.report["aggregate"]) == set(their_report["aggregate"])
    stray = {"http.request_rate"}  # a mistake of Artillery's: null at the top of each period
    assert set(ours.report["intermediate"][0]) == set(their_report["intermediate"][0]) - stray


@pytest.mark.parametrize(
    "script",
    [
        "config: {phases: [{duration: 1, arrivalRate: 1}]}\nscenarios: [{flow: [{get: {url: /}}]}]\n",
        "config: {target: http://127.0.0.1:1}\nscenarios: [{flow: [{get: {}}]}]\n",
    ],
)
def test_same_refusals(runner: Runner, script: str) -> None:
    """What Artillery refuses is refused here with the same exit code."""
    assert runner.real(script).code == runner.run(script).code == 1


def test_same_console(runner: Runner, server: Server) -> None:
    """The summary at the end has the same lines, figures apart; how many periods a run has depends on the clock."""
    script = _FLOW.replace("URL", server.url).replace("think: 1", "think: 0")

    def shape(text: str) -> Counter[str]:
        summary = text[text.rindex("Summary report @") :]
        lines = (line.partition(": ..")[0].partition("@")[0] for line in summary.splitlines())
        return Counter(line for line in lines if line.strip("- "))

    theirs = shape(runner.real(script).out)
    assert len(theirs) > 20
    assert shape(runner.run(script).out) == theirs
