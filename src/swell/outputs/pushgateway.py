"""Prometheus Pushgateway: the totals since the start, put there at intervals and at the end.

Rules: one group of metrics for a run, replaced whole by each PUT, so that a push that failed needs no other than the
next one. The group is emptied when the run begins and stays when it has ended, for the next scrape.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote

from swell.outputs.cumulative import Cumulative
from swell.outputs.prometheus_names import exposition, label_name, samples_of
from swell.outputs.push import Endpoint, split_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from swell.outputs.batch import Batch
    from swell.outputs.prometheus_names import Sample

__all__ = ["Gateway", "PushGateway"]

_EVERY = 5.0
_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Gateway:
    """One group of metrics on a Pushgateway: URL, or URL?job=JOB&LABEL=VALUE. ValueError for a wrong one.

    `job` and `labels` name the group where the URL does not. A URL with a path of `/metrics/job/...` is taken as it is.
    """

    def __init__(
        self,
        url: str,
        *,
        job: str = "swell",
        labels: Mapping[str, str] | None = None,
        verify: bool | str = True,
    ) -> None:
        parts = split_url(url)
        group = {"job": job, **(labels or {}), **dict(parse_qsl(parts.query, keep_blank_values=True))}
        if not group["job"]:
            raise ValueError("the name of the job is empty")
        path = parts.path.rstrip("/")
        if "/metrics/job" not in path:
            path += "/metrics" + "".join(_segment(name, value) for name, value in group.items())
        self._endpoint = Endpoint(parts, path, {"Content-Type": _TYPE}, verify=verify, method="PUT")
        self.label = f"{self._endpoint.address}{path}"
        """For people, without secrets."""

    def put(self, samples: Sequence[Sample]) -> None:
        """Make these the samples of the group. OutputError if that fails."""
        self._endpoint.post(exposition(samples).encode("utf-8", "replace"))

    def close(self) -> None:
        """Close the connection."""
        self._endpoint.close()


class PushGateway:
    """`pushgateway=URL`, for example http://localhost:9091?job=nightly."""

    every = _EVERY
    lost = 0

    def __init__(self, url: str, *, verify: bool | str = True) -> None:
        self._gateway = Gateway(url, verify=verify)
        self.label = f"pushgateway={self._gateway.label}"
        self._state = Cumulative()
        self._sent_until = 0.0

    def open(self) -> None:
        """An empty group tells whether there is a server that lets us in. OutputError if not."""
        self._gateway.put(())

    def take(self, batch: Batch) -> None:
        """Add one second."""
        self._state.take(batch)

    def flush(self) -> None:
        """Push the state as of the newest second."""
        until = self._state.until
        if until > self._sent_until:
            self._gateway.put(samples_of(self._state.states()))
            self._sent_until = until

    def close(self) -> None:
        """Close the connection."""
        self._gateway.close()


def _segment(name: str, value: str) -> str:
    """A part of the group in a path; a value that is empty or has a slash is written in base64."""
    name = "job" if name == "job" else label_name(name)
    if not value or "/" in value:
        coded = base64.urlsafe_b64encode(value.encode()).decode().rstrip("=") or "="
        return f"/{name}@base64/{coded}"
    return f"/{name}/{quote(value, safe='')}"
