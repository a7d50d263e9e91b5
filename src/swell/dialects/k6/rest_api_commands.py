"""The commands of k6 that talk to a running test: pause, resume, scale, status, stats.

Rules: each is `main(argv) -> exit code`. What the test answers is printed as YAML, as k6 prints it; a test that is not
there or refuses costs one line and exit code 1 (2 for a command line that cannot be read).
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
from typing import TYPE_CHECKING, Any

import click

from swell.dialects.k6.rest_api_server import DEFAULT_ADDRESS
from swell.outputs.registry import host_and_port

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["pause", "resume", "scale", "stats", "status"]

_TIMEOUT = 10.0


def pause(argv: Sequence[str]) -> int:
    """`swell k6 pause`."""
    options = _parser("pause", "pause a running test").parse_args(argv)
    return _patch(options.address, {"paused": True})


def resume(argv: Sequence[str]) -> int:
    """`swell k6 resume`."""
    options = _parser("resume", "resume a paused test, or begin one that was started with --paused").parse_args(argv)
    return _patch(options.address, {"paused": False})


def scale(argv: Sequence[str]) -> int:
    """`swell k6 scale --vus N --max N`."""
    parser = _parser("scale", "change the VUs of the externally-controlled scenarios of a running test")
    parser.add_argument("-u", "--vus", type=int, help="VUs that run")
    parser.add_argument("-m", "--max", type=int, help="VUs that there may be")
    options = parser.parse_args(argv)
    changes = {"vus": options.vus, "vus-max": options.max}
    if options.vus is None and options.max is None:
        parser.error("say --vus, --max or both")
    return _patch(options.address, {name: value for name, value in changes.items() if value is not None})


def status(argv: Sequence[str]) -> int:
    """`swell k6 status`."""
    options = _parser("status", "show the state of a running test").parse_args(argv)
    return _show_status(_call(options.address, "GET", "/v1/status"))


def stats(argv: Sequence[str]) -> int:
    """`swell k6 stats`."""
    options = _parser("stats", "show the metrics of a running test").parse_args(argv)
    document = _call(options.address, "GET", "/v1/metrics")
    if document is None:
        return 1
    for metric in document["data"]:
        attributes = metric["attributes"]
        click.echo(f"- name: {metric['id']}")
        click.echo(f"  type: {attributes['type']}")
        click.echo(f"  contains: {attributes['contains']}")
        click.echo("  sample:")
        for name, value in attributes["sample"].items():
            click.echo(f"    {name}: {json.dumps(value)}")
    return 0


def _parser(command: str, text: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"swell k6 {command}", description=text)
    address = os.environ.get("K6_ADDRESS") or DEFAULT_ADDRESS
    parser.add_argument("-a", "--address", default=address, help="address of the running test (default %(default)s)")
    return parser


def _patch(address: str, attributes: dict[str, Any]) -> int:
    body = {"data": {"type": "status", "id": "default", "attributes": attributes}}
    return _show_status(_call(address, "PATCH", "/v1/status", body))


def _show_status(document: dict[str, Any] | None) -> int:
    if document is None:
        return 1
    for name, value in document["data"]["attributes"].items():
        click.echo(f"{name}: {json.dumps(value)}")
    return 0


def _call(address: str, method: str, path: str, body: object = None) -> dict[str, Any] | None:
    """The test's answer; None after the reason was told."""
    try:
        host, port = host_and_port(address, default_port=6565, default_host="localhost")
        connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT)
        text = None if body is None else json.dumps(body)
        connection.request(method, path, body=text, headers={"Content-Type": "application/json"})
        response = connection.getresponse()
        document = json.loads(response.read())
        connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        click.echo(f"Error: no test answers at {address}: {error}. Is it running, with this --address?", err=True)
        return None
    if response.status >= 300:
        said = "; ".join(str(each.get("detail", each)) for each in document.get("errors", []))
        click.echo(f"Error: the test refused: {said or response.status}", err=True)
        return None
    return document
