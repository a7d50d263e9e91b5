"""How a test ends: k6's exit codes for mistakes, aborts, failures and thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import K6

_HEAD = """
import { check, sleep } from 'k6';
import { Counter, Rate, Trend } from 'k6/metrics';
"""

ENDS = [
    (
        "export function setup() { throw new Error('no luck') } export default () => {}",
        107,
        "no luck",
    ),
    (
        "throw new TypeError('broken'); export default () => {}",
        107,
        "broken",
    ),
    (
        "export default () => { not valid",
        107,
        "test.js",
    ),
    (
        "import x from './missing.js'; export default () => {}",
        107,
        "missing.js",
    ),
    (
        "import x from 'lodash'; export default () => {}",
        107,
        "lodash",
    ),
    (
        "import b from 'k6/browser'; export default () => {}",
        107,
        "Playwright",
    ),
    (
        "import b from 'k6/x/sql'; export default () => {}",
        107,
        "extensions",
    ),
    (
        "export const x = 1;",
        255,
        "exports no functions",
    ),
    (
        "export const options = { vus: Number(undefined) }; export default () => {}",
        255,
        "NaN",
    ),
    (
        "export const options = { vus: 'many' }; export default () => {}",
        104,
        "many",
    ),
    (
        "export const options = { duration: 'long' }; export default () => {}",
        104,
        "long",
    ),
    (
        ("export const options = { stages: [{duration: '1s', target: 1}], duration: '1s' }; export default () => {}"),
        104,
        "stages",
    ),
    (
        "export const options = { thresholds: { nothing: ['count>1'] } }; export default () => {}",
        104,
        "nothing",
    ),
    (
        ("export const options = { thresholds: { http_reqs: ['p(95)<1'] } }; export default () => {}"),
        104,
        "counter",
    ),
    (
        "export const options = { thresholds: { http_reqs: ['often'] } }; export default () => {}",
        104,
        "often",
    ),
    (
        (
            "export const options = { scenarios: { a: { executor: 'constant-vus', vus: 1, duration: '1s', "
            "rete: 1 } } }; "
            "export default () => {}"
        ),
        104,
        "rete",
    ),
    (
        ("export const options = { scenarios: { a: { executor: 'constant-vu' } } }; export default () => {}"),
        104,
        "constant-vus",
    ),
    (
        (
            "export const options = { scenarios: { a: { executor: 'constant-vus', duration: '1s', exec: "
            "'other' } } }; "
            "export default () => {}"
        ),
        104,
        "other",
    ),
    (
        "import exec from 'k6/execution'; exec.test.abort('stop it'); export default () => {}",
        108,
        "stop it",
    ),
    (
        "import exec from 'k6/execution'; export default () => { exec.test.abort('enough') }",
        108,
        "enough",
    ),
    (
        (
            "import exec from 'k6/execution'; "
            "export function setup() { exec.test.abort('early') } export default () => {}"
        ),
        108,
        "early",
    ),
    (
        "import exec from 'k6/execution'; export default () => { exec.test.fail('wrong') }",
        110,
        "wrong",
    ),
    (
        "export default () => { throw new Error('oops') }",
        0,
        "oops",
    ),
    (
        "import { fail } from 'k6'; export default () => { fail('given up') }",
        0,
        "given up",
    ),
    (
        "export default async () => { Promise.reject(new Error('nobody cares')) }",
        0,
        "nobody cares",
    ),
    (
        (
            "export const options = { setupTimeout: '200ms' }; import { sleep } from 'k6'; "
            "export function setup() { sleep(9) } export default () => {}"
        ),
        100,
        "setup",
    ),
    (
        (
            "export const options = { teardownTimeout: '200ms' }; import { sleep } from 'k6'; "
            "export function teardown() { sleep(9) } export default () => {}"
        ),
        101,
        "teardown",
    ),
]


@pytest.mark.parametrize(("body", "code", "words"), ENDS)
def test_every_end_has_its_exit_code(k6: K6, body: str, code: int, words: str) -> None:
    """Mistakes, aborts and failures end with k6's exit code and a message that names them."""
    ran = k6(body)
    assert (ran.code, words in ran.err) == (code, True), ran.err


def test_a_crossed_threshold_is_99(k6: K6) -> None:
    """A threshold that fails turns the exit code, whatever else went well."""
    source = (
        _HEAD
        + """
    export const options = { thresholds: { checks: ['rate>0.9'], http_reqs: ['count<10'] } };
    export default () => { check(1, { no: false }) }
    """
    )
    ran = k6(source)
    assert ran.code == 99
    assert "thresholds on metrics 'checks' have been crossed" in ran.err
    assert ran.metric("checks")["thresholds"] == {"rate>0.9": True}


def test_thresholds_without_samples(k6: K6) -> None:
    """As in k6 a rate or trend without samples passes, a counter is 0."""
    source = (
        _HEAD
        + """
    new Counter('c'); new Rate('r'); new Trend('t');
    export const options = { thresholds: { c: ['count==0'], r: ['rate>0.5'], t: ['p(95)<1'] } };
    export default () => {}
    """
    )
    assert k6(source).code == 0
    assert k6(source.replace("count==0", "count>0")).code == 99


def test_abort_on_fail_ends_the_test(k6: K6) -> None:
    """A threshold with abortOnFail ends a long test at once, with 99."""
    source = (
        _HEAD
        + """
    export const options = { vus: 1, duration: '100s',
      thresholds: { checks: [{ threshold: 'rate>0.9', abortOnFail: true, delayAbortEval: '1s' }] } };
    export default () => { check(1, { no: false }); sleep(0.1) }
    """
    )
    assert k6(source).code == 99


def test_no_thresholds(k6: K6) -> None:
    """--no-thresholds judges nothing."""
    source = "export const options = { thresholds: { iterations: ['count>5'] } }; export default () => {}"
    assert k6(source).code == 99
    assert k6(source, "--no-thresholds").code == 0


def test_failures_can_fail_the_run(k6: K6) -> None:
    """Swell's options make failed checks and uncaught exceptions fail the run."""
    source = "import { check } from 'k6'; export default () => { check(1, { no: false }) }"
    assert k6(source, "--fail-on-checks").code == 99
    assert k6("export default () => { throw 1 }", "--fail-on-exceptions").code == 99
    assert k6("export default () => {}", "--fail-on-exceptions", "--threshold", "iterations: count == 1").code == 0
