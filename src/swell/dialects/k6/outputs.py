"""`--out` of k6: its names, arguments and environment variables, on Swell's outputs.

Rules: every name that k6 has or had is known; what cannot be done is refused before the load with a reason. Files and
InfluxDB get every single sample, as readers of k6's files expect (`k6.output_files`); the others get what Swell sends
elsewhere, under k6's names. Swell's own outputs can be used too, by their own names.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from swell.outputs.registry import make_output, open_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from swell.outputs.base import Output
    from swell.outputs.cumulative import State
    from swell.outputs.prometheus_names import Sample

__all__ = ["Dashboard", "dashboard_of", "make_outputs", "open_outputs", "split_specs"]

_DASHBOARDS = ("web-dashboard", "dashboard", "experimental-web-dashboard")
_GONE = {
    "cloud": "results cannot be sent to Grafana Cloud from here; `--out json=FILE` keeps every sample",
    "kafka": "k6 needs an extension for it too (xk6-output-kafka); use influxdb, opentelemetry or json",
    "datadog": "k6 has dropped it; use `--out statsd=HOST:8125?tags=1`, which the Datadog agent reads",
    "experimental-mqtt": "k6 needs an extension for it too; use influxdb, opentelemetry or json",
}


class Dashboard(NamedTuple):
    """What the web dashboard of k6 was asked to do: a live page, and a report in a file at the end."""

    host: str
    port: int
    export: str = ""
    open_browser: bool = False


def split_specs(flags: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """The outputs asked for: `--out` flags, or else K6_OUT (separated by commas)."""
    return list(flags) if flags else [each.strip() for each in env.get("K6_OUT", "").split(",") if each.strip()]


def dashboard_of(specs: Sequence[str], env: Mapping[str, str] | None = None) -> Dashboard | None:
    """The web dashboard, if it is asked for by `--out web-dashboard` or K6_WEB_DASHBOARD. ValueError for a bad port."""
    env = os.environ if env is None else env
    spec = next((spec for spec in specs if spec.partition("=")[0] in _DASHBOARDS), None)
    if spec is None and env.get("K6_WEB_DASHBOARD", "").lower() not in {"true", "1"}:
        return None
    pairs = (pair.partition("=") for pair in (spec or "").partition("=")[2].split("&"))
    given = {name: value for name, _, value in pairs if name}

    def setting(name: str, default: str) -> str:
        return given.get(name) or env.get(f"K6_WEB_DASHBOARD_{name.upper()}") or default

    port = setting("port", "5665")
    if not port.lstrip("-").isdigit() or not -1 <= int(port) <= 65_535:
        raise ValueError(f"the port of the web dashboard is a number, not {port!r}")
    wants_browser = setting("open", "false").lower() in {"true", "1"}
    # k6 has 0.0.0.0 when asked; the default of both is this machine.
    return Dashboard(setting("host", "localhost"), int(port), setting("export", ""), wants_browser)


def open_outputs(
    specs: Sequence[str],
    env: Mapping[str, str] | None = None,
    *,
    thresholds: Mapping[str, Sequence[str]] | None = None,
    system_tags: Sequence[str] | None = None,
    warn: Callable[[str], object] | None = None,
) -> list[Output]:
    """All outputs but the dashboard, opened. ValueError for people if one of them cannot work.

    `thresholds`: expressions by metric, for the head lines of JSON files. `system_tags`: the enabled ones, which are
    the columns of CSV files. With `warn` a server that cannot be reached now is no error, as in k6: it is told, and
    tried again while the test runs. The plan needs `raw_samples` if `swell.outputs.base.wants_points` says so.
    """
    outputs = make_outputs(specs, env, thresholds=thresholds, system_tags=system_tags)
    if warn is None:
        return open_all(outputs)
    for output in outputs:
        try:
            open_all([output])
        except ValueError as error:
            if not _is_remote(output):
                raise
            warn(f"{error}; it is tried again while the test runs")
    return outputs


def _is_remote(output: Output) -> bool:
    """Whether it sends what it takes to a server."""
    return not output.label.startswith(("json", "csv"))


def make_outputs(
    specs: Sequence[str],
    env: Mapping[str, str] | None = None,
    *,
    thresholds: Mapping[str, Sequence[str]] | None = None,
    system_tags: Sequence[str] | None = None,
) -> list[Output]:
    """As `open_outputs`, not yet opened."""
    env = os.environ if env is None else env
    made: list[Output] = []
    for spec in specs:
        name, _, argument = spec.partition("=")
        if name in _DASHBOARDS:
            continue
        if name in _GONE:
            raise ValueError(f"--out {name}: {_GONE[name]}")
        if name == "json":
            from swell.dialects.k6.output_files import JsonPoints  # noqa: PLC0415

            made.append(JsonPoints(argument or "-", thresholds or {}, system_tags))
        elif name == "csv":
            from swell.dialects.k6.output_files import CsvPoints  # noqa: PLC0415

            made.append(CsvPoints.of(argument, env, system_tags))
        elif name == "influxdb":
            made.append(_influxdb(argument, env, system_tags))
        elif name in _MAKERS:
            try:
                made.append(_MAKERS[name](argument, env))
            except ValueError as error:
                raise ValueError(f"--out {name}: {error}") from None
        else:
            made.append(make_output(spec, env))
    return made


def _influxdb(argument: str, env: Mapping[str, str], system_tags: Sequence[str] | None) -> Output:
    from swell.dialects.k6.output_files import InfluxPoints  # noqa: PLC0415

    address = env.get("K6_INFLUXDB_ADDR", "http://localhost:8086").rstrip("/")
    url = argument or f"{address}/{env.get('K6_INFLUXDB_DB', 'k6')}"
    known = dict(env)
    for ours, theirs in (("INFLUX_USERNAME", "K6_INFLUXDB_USERNAME"), ("INFLUX_PASSWORD", "K6_INFLUXDB_PASSWORD")):
        if theirs in env:
            known[ours] = env[theirs]
    as_fields = env.get("K6_INFLUXDB_TAGS_AS_FIELDS", "vu:int,iter:int,url").split(",")
    output = InfluxPoints(url, known, verify=not _is_true(env.get("K6_INFLUXDB_INSECURE")))
    output.system_tags = system_tags
    output.tags_as_fields = frozenset(each.partition(":")[0].strip() for each in as_fields)
    return output


def _remote_write(argument: str, env: Mapping[str, str]) -> Output:
    from swell.outputs.prometheus import RemoteWrite  # noqa: PLC0415
    from swell.outputs.prometheus_names import k6_samples  # noqa: PLC0415

    start = "K6_PROMETHEUS_RW_"
    url = argument or env.get(start + "SERVER_URL") or "http://localhost:9090/api/v1/write"
    stats = [each.strip() for each in env.get(start + "TREND_STATS", "p(99)").split(",") if each.strip()]
    headers = _pairs(env.get(start + "HTTP_HEADERS", ""), ":")
    headers |= {
        name.removeprefix(start + "HEADERS_").replace("_", "-"): value
        for name, value in env.items()
        if name.startswith(start + "HEADERS_")
    }
    if token := env.get(start + "BEARER_TOKEN"):
        headers["Authorization"] = f"Bearer {token}"
    elif user := env.get(start + "USERNAME"):
        scheme, separator, rest = url.partition("://")
        url = f"{scheme}{separator}{user}:{env.get(start + 'PASSWORD', '')}@{rest}" if separator else url

    def samples(states: list[State]) -> list[Sample]:
        return k6_samples(states, stats)

    return RemoteWrite(
        url,
        headers=headers,
        every=_seconds(env.get(start + "PUSH_INTERVAL"), 5.0),
        samples=samples,
        verify=not _is_true(env.get(start + "INSECURE_SKIP_TLS_VERIFY")),
        label="experimental-prometheus-rw",
    )


def _opentelemetry(argument: str, env: Mapping[str, str]) -> Output:
    from swell.outputs.otlp import Otlp  # noqa: PLC0415

    start = "K6_OTEL_"
    protocol = env.get(start + "EXPORTER_PROTOCOL") or env.get(start + "EXPORTER_TYPE") or ""
    if protocol == "grpc" or (not protocol and env.get(start + "GRPC_EXPORTER_ENDPOINT")):
        raise ValueError(
            "metrics are sent over HTTP here, not over gRPC: set K6_OTEL_EXPORTER_PROTOCOL=http/protobuf and "
            "K6_OTEL_HTTP_EXPORTER_ENDPOINT (collectors listen on port 4318 for it)"
        )
    host = argument or env.get(start + "HTTP_EXPORTER_ENDPOINT") or "localhost:4318"
    if "://" not in host:
        scheme = "http" if _is_true(env.get(start + "HTTP_EXPORTER_INSECURE", "true")) else "https"
        host = f"{scheme}://{host}"
    return Otlp(
        host + env.get(start + "HTTP_EXPORTER_URL_PATH", "/v1/metrics"),
        headers=_pairs(env.get(start + "HEADERS", ""), "="),
        service=env.get(start + "SERVICE_NAME") or env.get("OTEL_SERVICE_NAME") or "k6",
        prefix=env.get(start + "METRIC_PREFIX", ""),
        every=_seconds(env.get(start + "EXPORT_INTERVAL"), 10.0),
        label="opentelemetry",
    )


def _statsd(argument: str, env: Mapping[str, str]) -> Output:
    if not argument:
        argument = env.get("K6_STATSD_ADDR", "localhost:8125")
        argument += f"?prefix={env.get('K6_STATSD_NAMESPACE', 'k6.').rstrip('.')}"
        argument += "&tags=1" if _is_true(env.get("K6_STATSD_ENABLE_TAGS")) else ""
    return make_output(f"statsd={argument}", env)


_MAKERS: dict[str, Callable[[str, Mapping[str, str]], Output]] = {
    "experimental-prometheus-rw": _remote_write,
    "prometheus-rw": _remote_write,
    "opentelemetry": _opentelemetry,
    "experimental-opentelemetry": _opentelemetry,
    "statsd": _statsd,
}


def _pairs(text: str, separator: str) -> dict[str, str]:
    parts = (pair.partition(separator) for pair in text.split(",") if separator in pair)
    return {name.strip(): value.strip() for name, _, value in parts}


def _seconds(text: str | None, default: float) -> float:
    if not text:
        return default
    from swell.model.units import parse_duration  # noqa: PLC0415

    # A bare number is milliseconds, as everywhere in k6's environment.
    return float(text) / 1000 if text.replace(".", "", 1).isdigit() else parse_duration(text)


def _is_true(text: str | None) -> bool:
    return (text or "").lower() in {"true", "1"}
