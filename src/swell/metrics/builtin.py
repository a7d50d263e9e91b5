"""Built-in metrics: their names, kinds, units and meaning, in one table.

Rules: names and meanings are k6's where k6 has the metric. Times are milliseconds. The first thirteen are
derived from the rows of requests and are not recorded as samples (but for the bytes of WebSockets, which are
no requests); the others are ordinary samples. How gauges of several workers in one second become one: the
`summed` ones add up (each worker holds a part of the users), any other keeps the smallest, the largest and the
one that came last.
"""

from __future__ import annotations

import msgspec

from swell.model.metrics_view import MetricKind as Kind

__all__ = ["BUILTIN", "CONNECT_METRICS", "REQUEST_METRICS", "Builtin", "Kind", "is_listed", "is_summed"]


class Builtin(msgspec.Struct, frozen=True):
    """One row of the table. `unit` is "ms", "bytes" or "" (a plain number)."""

    name: str
    kind: Kind
    unit: str
    meaning: str
    summed: bool = False

    @property
    def is_time(self) -> bool:
        """Whether values are times, to be shown with a unit of time."""
        return self.unit == "ms"


_TABLE: tuple[Builtin, ...] = (
    Builtin("http_reqs", "counter", "", "requests that ended; one with its redirects counts once"),
    Builtin("http_req_failed", "rate", "", "requests with an error or an unexpected status"),
    Builtin("data_sent", "counter", "bytes", "bytes written to connections"),
    Builtin("data_received", "counter", "bytes", "bytes read from connections"),
    Builtin("http_req_duration", "trend", "ms", "sending + waiting + receiving; none if nothing was sent"),
    Builtin("http_req_sending", "trend", "ms", "writing the request"),
    Builtin("http_req_waiting", "trend", "ms", "from the request written to the first byte of the answer"),
    Builtin("http_req_receiving", "trend", "ms", "from the first byte of the answer to its last"),
    Builtin("http_req_latency", "trend", "ms", "from the intended start to the end, connecting included"),
    Builtin(
        "http_req_blocked",
        "trend",
        "ms",
        "until there was a connection: waiting for a free one, look-up, connecting, TLS",
    ),
    Builtin("http_req_looking_up", "trend", "ms", "resolving the host's name"),
    Builtin("http_req_connecting", "trend", "ms", "opening the TCP connection"),
    Builtin("http_req_tls_handshaking", "trend", "ms", "the TLS handshake"),
    Builtin("iterations", "counter", "", "iterations completed, failed ones included"),
    Builtin("iteration_duration", "trend", "ms", "one full iteration, without the pause after it"),
    Builtin("dropped_iterations", "counter", "", "iterations that were due and could not start"),
    Builtin("script_errors", "counter", "", "exceptions that escaped from a test's own code"),
    Builtin("body_received", "counter", "bytes", "bytes of response bodies, decompressed; of locustfiles only"),
    Builtin("vus", "gauge", "", "users that run", summed=True),
    Builtin("vus_max", "gauge", "", "users that exist, idle ones included", summed=True),
    Builtin("checks", "rate", "", "checks that held; tag check"),
    Builtin("group_duration", "trend", "ms", "one pass through a group; tag group"),
    Builtin("schedule_lag", "trend", "ms", "how late an iteration started"),
    Builtin(
        "rendezvous_skew",
        "trend",
        "ms",
        "from the release of a rendezvous to the start of its last user; tag rendezvous",
    ),
    Builtin("ws_sessions", "counter", "", "WebSocket sessions begun; tag status is 101 for those that opened"),
    Builtin("ws_connecting", "trend", "ms", "from the start of a WebSocket to the answer to its handshake"),
    Builtin("ws_session_duration", "trend", "ms", "from the start of a WebSocket to its end"),
    Builtin("ws_msgs_sent", "counter", "", "messages sent over WebSockets"),
    Builtin("ws_msgs_received", "counter", "", "messages received over WebSockets"),
    Builtin("ws_ping", "trend", "ms", "from a ping over a WebSocket to its answer"),
    Builtin("grpc_req_duration", "trend", "ms", "one gRPC call or stream; tag status is its gRPC code"),
    Builtin("grpc_streams", "counter", "", "gRPC streams begun"),
    Builtin("grpc_streams_msgs_sent", "counter", "", "messages sent over gRPC streams"),
    Builtin("grpc_streams_msgs_received", "counter", "", "messages received over gRPC streams"),
)

BUILTIN: dict[str, Builtin] = {row.name: row for row in _TABLE}
"""All built-in metrics by name."""

REQUEST_METRICS: tuple[str, ...] = tuple(row.name for row in _TABLE[:13])
"""What one request series becomes, in the order in which its series are numbered."""

CONNECT_METRICS: tuple[str, ...] = REQUEST_METRICS[9:]
"""The phases that only requests without an open connection have; 0 for all others."""


def is_listed(metric: str) -> bool:
    """Whether reports list a metric one by one, as they do a test's own: built-in ones of protocols beside HTTP too."""
    return metric not in BUILTIN or metric.startswith(("ws_", "grpc_"))


def is_summed(metric: str) -> bool:
    """Whether a gauge of this name adds up over workers and series within one second."""
    found = BUILTIN.get(metric)
    return found is not None and found.summed
