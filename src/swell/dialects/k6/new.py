"""`swell k6 new [FILE]`: a script to begin with.

Rules: never overwrites a file unless told to; what it writes runs as it is, against the target named in it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TEMPLATES", "main"]

_MINIMAL = """\
import http from 'k6/http';
import { check, sleep } from 'k6';

export const options = {
  vus: 10,
  duration: '30s',
};

// Each VU runs this function again and again until the time is over.
export default function () {
  const response = http.get(__ENV.BASE_URL || 'http://localhost:8000/');
  check(response, { 'status is 200': (r) => r.status === 200 });
  sleep(1);
}
"""

_PROTOCOL = """\
import http from 'k6/http';
import { check, group, sleep } from 'k6';
import { Trend } from 'k6/metrics';

const BASE_URL = __ENV.BASE_URL || 'http://localhost:8000';
const firstByte = new Trend('first_byte', true);

export const options = {
  scenarios: {
    // A line through stages: up, hold, down.
    browse: {
      executor: 'ramping-vus',
      stages: [
        { duration: '10s', target: 10 },
        { duration: '30s', target: 10 },
        { duration: '5s', target: 0 },
      ],
    },
    // A fixed number of starts a second, however slow the answers are.
    steady: {
      executor: 'constant-arrival-rate',
      exec: 'health',
      rate: 5,
      timeUnit: '1s',
      duration: '45s',
      preAllocatedVUs: 5,
      maxVUs: 50,
    },
  },
  // What must hold: the run fails (exit code 99) if one of these does not.
  thresholds: {
    http_req_failed: ['rate<0.01'],
    http_req_duration: ['p(95)<500'],
    checks: ['rate>0.99'],
  },
};

// Runs once before the load; what it returns goes to each iteration.
export function setup() {
  return { startedAt: Date.now() };
}

export default function () {
  group('front page', () => {
    const response = http.get(`${BASE_URL}/`, { tags: { name: 'front' } });
    firstByte.add(response.timings.waiting);
    check(response, {
      'status is 200': (r) => r.status === 200,
      'has a body': (r) => r.body !== null && r.body.length > 0,
    });
  });
  sleep(Math.random() * 2 + 1);
}

export function health() {
  http.get(`${BASE_URL}/`, { tags: { name: 'health' } });
}

// Runs once after the load.
export function teardown(data) {
  console.log(`the test took ${(Date.now() - data.startedAt) / 1000} s`);
}
"""

TEMPLATES = {"minimal": _MINIMAL, "protocol": _PROTOCOL}
"""Scripts by name."""


def main(argv: Sequence[str]) -> int:
    """Write the file; returns the exit code: 0, 1 if it cannot be written."""
    parser = argparse.ArgumentParser(prog="swell k6 new", description="write a script to begin with")
    parser.add_argument("file", nargs="?", default="script.js", help="the file (default %(default)s)")
    parser.add_argument("-f", "--force", action="store_true", help="overwrite the file")
    parser.add_argument("--template", default="minimal", help="minimal (default), protocol, or a file to copy")
    parser.add_argument("--project-id", default="", help="accepted for compatibility; there is no cloud here")
    options = parser.parse_args(argv)
    try:
        text = _template(options.template)
        with Path(options.file).open("w" if options.force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return _fail(f"{options.file} is there already; use --force to overwrite it")
    except OSError as error:
        return _fail(f"{error.filename or options.file}: {error.strerror or error}")
    except (ValueError, UnicodeError) as error:
        return _fail(str(error))
    click.echo(f"New script created: {options.file}\nRun it: swell k6 run {options.file}")
    return 0


def _template(name: str) -> str:
    if name in TEMPLATES:
        return TEMPLATES[name]
    if name == "browser":
        raise ValueError("there is no browser here: use the template minimal or protocol")
    path = Path(name)
    if not path.is_file():
        raise ValueError(f"there is no template {name!r}: use {', '.join(TEMPLATES)} or a file")
    return path.read_text(encoding="utf-8")


def _fail(text: str) -> int:
    click.echo(f"Error: {text}", err=True)
    return 1
