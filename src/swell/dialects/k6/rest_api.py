"""The REST interface of a running test, as k6's version 1: what is answered to each request.

Rules: pure functions of what is known of the run; documents are JSON:API, names and types are k6's. What k6's clients
never ask, and whatever would need setup to run again, is refused with a text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from swell.dialects.k6.summary_lines import Fields, fields, items

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Answer",
    "Change",
    "Known",
    "Refusal",
    "Status",
    "Steerable",
    "answer",
    "groups_document",
    "status_document",
]


class Refusal(Exception):
    """A request that cannot be done; the text is for people. `status` is that of HTTP."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class Status(NamedTuple):
    """The run as it stands. `phase` is k6's number for it (0 created, 3 paused, 6 running, 7 teardown, 8 ended)."""

    phase: int = 0
    paused: bool = False
    vus: int = 0
    vus_max: int = 0
    stopped: bool = False
    running: bool = False
    tainted: bool = False


class Change(NamedTuple):
    """What shall be otherwise; None leaves it."""

    paused: bool | None = None
    stopped: bool | None = None
    vus: int | None = None
    vus_max: int | None = None


class Known(NamedTuple):
    """What can be asked for: metrics and root group as handleSummary gets them, and the data of setup."""

    metrics: Mapping[str, Mapping[str, Any]]
    root_group: Mapping[str, Any]
    setup_data: Any = None


class Steerable(Protocol):
    """Who does what a request wants; Refusal if that cannot be."""

    def status(self) -> Status:
        """The run as it stands."""
        ...

    def known(self) -> Known:
        """What was measured so far."""
        ...

    def patch(self, change: Change) -> None:
        """Change what is not None."""
        ...


class Answer(NamedTuple):
    """One answer; `document` None for an empty one."""

    status: int
    document: dict[str, Any] | None


def answer(method: str, path: str, body: bytes, run: Steerable) -> Answer:
    """The answer to one request."""
    try:
        return _answer(method, path.partition("?")[0].rstrip("/"), body, run)
    except Refusal as error:
        titles = {404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}
        title = titles.get(error.status, "Bad Request")
        return Answer(error.status, {"errors": [{"status": str(error.status), "title": title, "detail": str(error)}]})


def status_document(status: Status) -> dict[str, Any]:
    """The status as a document."""
    attributes = {
        "status": status.phase,
        "paused": status.paused,
        "vus": status.vus,
        "vus-max": status.vus_max,
        "stopped": status.stopped,
        "running": status.running,
        "tainted": status.tainted,
    }
    return {"data": {"type": "status", "id": "default", "attributes": attributes}}


def groups_document(root: Fields) -> list[dict[str, Any]]:
    """All groups, the root first, each with its checks and relations."""
    found: list[dict[str, Any]] = []
    _add_group(root, None, found)
    return found


def _answer(method: str, path: str, body: bytes, run: Steerable) -> Answer:
    parts = path.strip("/").split("/")
    match method, parts:
        case "GET", ["ping"]:
            return Answer(200, None)
        case "GET", ["v1", "status"]:
            return Answer(200, status_document(run.status()))
        case "PATCH", ["v1", "status"]:
            run.patch(_change(body))
            return Answer(200, status_document(run.status()))
        case "GET", ["v1", "metrics"]:
            known = run.known()
            return Answer(200, {"data": [_metric(name, metric) for name, metric in known.metrics.items()]})
        case "GET", ["v1", "metrics", name]:
            return Answer(200, {"data": _one([_metric(*each) for each in run.known().metrics.items()], name, "metric")})
        case "GET", ["v1", "groups"]:
            return Answer(200, {"data": groups_document(run.known().root_group)})
        case "GET", ["v1", "groups", id_]:
            return Answer(200, {"data": _one(groups_document(run.known().root_group), id_, "group")})
        case "GET", ["v1", "setup"]:
            return Answer(200, _setup(run.known().setup_data))
        case "PUT" | "POST", ["v1", "setup" | "teardown"]:
            raise Refusal("setup and teardown run once, at the start and the end of the test, and cannot be asked for")
        case _, ["v1", "status" | "metrics" | "groups" | "setup" | "teardown", *_]:
            raise Refusal(f"{method} is not allowed here", 405)
        case _:
            raise Refusal("there is nothing at this path", 404)


def _change(body: bytes) -> Change:
    try:
        document = cast("dict[str, Any]", json.loads(body))
        attributes = cast("dict[str, Any]", document["data"]["attributes"])
        named = {name: attributes.get(name) for name in ("paused", "stopped", "vus", "vus-max")}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refusal('the body must be {"data": {"type": "status", "attributes": {...}}}') from None
    for name, value in named.items():
        wanted = int if name.startswith("vus") else bool
        if value is not None and (not isinstance(value, wanted) or (wanted is int and isinstance(value, bool))):
            raise Refusal(f"{name} must be {'a whole number' if wanted is int else 'true or false'}")
    return Change(named["paused"], named["stopped"], named["vus"], named["vus-max"])


def _metric(name: str, metric: Fields) -> dict[str, Any]:
    thresholds = fields(metric, "thresholds")
    tainted = any(not result.get("ok", True) for result in thresholds.values()) if thresholds else None
    attributes = {
        "type": metric.get("type"),
        "contains": metric.get("contains"),
        "tainted": tainted,
        "sample": metric.get("values"),
    }
    return {"type": "metrics", "id": name, "attributes": attributes}


def _setup(data: Any) -> dict[str, Any]:
    return {"data": {"type": "setupData", "id": "default", "attributes": {"data": data}}}


def _one(found: Sequence[dict[str, Any]], wanted: str, what: str) -> dict[str, Any]:
    for each in found:
        if each["id"] == wanted:
            return each
    raise Refusal(f"No {what} with that ID was found", 404)


def _add_group(group: Fields, parent: str | None, found: list[dict[str, Any]]) -> None:
    children = items(group, "groups")
    attributes = {"path": group.get("path"), "name": group.get("name"), "checks": items(group, "checks")}
    relations = {
        "groups": {"data": [{"type": "groups", "id": child.get("id")} for child in children]},
        "parent": {"data": {"type": "groups", "id": parent} if parent is not None else None},
    }
    found.append({"type": "groups", "id": group.get("id"), "attributes": attributes, "relationships": relations})
    for child in children:
        _add_group(child, str(group.get("id")), found)
