"""Outputs by name: from what people write after `--out` to opened outputs.

Rules: one grammar, NAME=ARGUMENT; a mistake, a file that cannot be written and a server that cannot be reached are told
before the load begins, in one ValueError for people.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from swell.metrics.redaction import redact_text
from swell.outputs.base import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from swell.outputs.base import Output

__all__ = ["OUTPUTS", "host_and_port", "make_output", "open_all", "open_outputs", "otlp_headers"]

OUTPUTS: dict[str, str] = {
    "json": "json=FILE: one JSON line for each series and second",
    "csv": "csv=FILE: the same as comma separated values",
    "influxdb": "influxdb=http://HOST:8086/DATABASE, or http://HOST:8086?org=ORG&bucket=BUCKET",
    "prometheus": "prometheus=[HOST:]PORT: a page that Prometheus scrapes",
    "pushgateway": "pushgateway=http://HOST:9091?job=NAME: Prometheus Pushgateway",
    "prometheus-rw": "prometheus-rw=http://HOST:9090/api/v1/write: Prometheus remote write",
    "otlp": "otlp=http://HOST:4318: OpenTelemetry metrics over HTTP",
    "statsd": "statsd=HOST:8125: StatsD over UDP; ?tags=1 for DogStatsD tags",
}
"""Names and how they are used."""


def open_outputs(specs: Sequence[str], env: Mapping[str, str] | None = None) -> list[Output]:
    """The outputs of all `--out` options, opened. ValueError (nothing stays open) if one of them cannot work."""
    env = os.environ if env is None else env
    return open_all([make_output(spec, env) for spec in specs])


def open_all(outputs: Sequence[Output]) -> list[Output]:
    """Open them all, or none: ValueError."""
    opened: list[Output] = []
    try:
        for output in outputs:
            try:
                output.open()
            except (OutputError, OSError) as error:
                raise ValueError(f"--out {output.label}: {redact_text(str(error))}") from None
            opened.append(output)
    except ValueError:
        for output in opened:
            with contextlib.suppress(Exception):
                output.close()
        raise
    return opened


def make_output(spec: str, env: Mapping[str, str]) -> Output:
    """One output, not yet opened. ValueError for a name that is none and an argument that cannot be."""
    name, _, argument = spec.partition("=")
    maker = _MAKERS.get(name.strip())
    if maker is None:
        known = "; ".join(OUTPUTS.values())
        raise ValueError(f"--out {redact_text(spec)}: there is no output {name.strip()!r}. Use {known}")
    if not argument.strip():
        raise ValueError(f"--out {name}: what is missing is {OUTPUTS[name.strip()]}")
    try:
        return maker(argument.strip(), env)
    except ValueError as error:
        raise ValueError(f"--out {redact_text(spec)}: {error}") from None


def host_and_port(text: str, *, default_port: int | None = None, default_host: str = "127.0.0.1") -> tuple[str, int]:
    """`HOST:PORT`, `PORT` or, with a default port, `HOST`; ValueError for anything else."""
    host, colon, port = text.rpartition(":")
    if not colon and (not text.isdigit() and default_port is not None):
        host, port = text, str(default_port)
    if not port.isdigit() or not 0 <= int(port) <= 65_535:
        raise ValueError(f"{text!r} is no HOST:PORT")
    host = host.removeprefix("[").removesuffix("]")
    return host or default_host, int(port)


def otlp_headers(env: Mapping[str, str]) -> dict[str, str]:
    """The headers for a collector that the environment names."""
    pairs = [pair.partition("=") for pair in env.get("OTEL_EXPORTER_OTLP_HEADERS", "").split(",") if "=" in pair]
    return {name.strip(): value.strip() for name, _, value in pairs}


def _json(argument: str, _env: Mapping[str, str]) -> Output:
    from swell.outputs.files import JsonLines  # noqa: PLC0415 - an output that nobody asks for costs nothing

    return JsonLines(argument)


def _csv(argument: str, _env: Mapping[str, str]) -> Output:
    from swell.outputs.files import CsvFile  # noqa: PLC0415

    return CsvFile(argument)


def _influxdb(argument: str, env: Mapping[str, str]) -> Output:
    from swell.outputs.influxdb import InfluxDb  # noqa: PLC0415

    return InfluxDb(argument, env)


def _prometheus(argument: str, _env: Mapping[str, str]) -> Output:
    from swell.outputs.prometheus import PrometheusPage  # noqa: PLC0415

    return PrometheusPage(host_and_port(argument))


def _pushgateway(argument: str, _env: Mapping[str, str]) -> Output:
    from swell.outputs.pushgateway import PushGateway  # noqa: PLC0415

    return PushGateway(argument)


def _remote_write(argument: str, env: Mapping[str, str]) -> Output:
    from swell.outputs.prometheus import RemoteWrite  # noqa: PLC0415

    token = env.get("PROMETHEUS_RW_TOKEN")
    return RemoteWrite(argument, headers={"Authorization": f"Bearer {token}"} if token else {})


def _otlp(argument: str, env: Mapping[str, str]) -> Output:
    from swell.outputs.otlp import Otlp  # noqa: PLC0415

    return Otlp(argument, headers=otlp_headers(env), service=env.get("OTEL_SERVICE_NAME") or "swell")


def _statsd(argument: str, _env: Mapping[str, str]) -> Output:
    from swell.outputs.statsd import StatsD  # noqa: PLC0415

    address, _, query = argument.partition("?")
    wanted = {key: values[-1] for key, values in parse_qs(query, keep_blank_values=True).items()}
    odd = wanted.keys() - {"tags", "prefix"}
    if odd:
        raise ValueError(f"{', '.join(sorted(odd))} is unknown; use tags and prefix")
    tagged = wanted.get("tags", "0") not in {"0", "false", ""}
    return StatsD(host_and_port(address, default_port=8125), prefix=wanted.get("prefix", "swell"), tagged=tagged)


_MAKERS: dict[str, Callable[[str, Mapping[str, str]], Output]] = {
    "json": _json,
    "csv": _csv,
    "influxdb": _influxdb,
    "prometheus": _prometheus,
    "pushgateway": _pushgateway,
    "prometheus-rw": _remote_write,
    "otlp": _otlp,
    "statsd": _statsd,
}
