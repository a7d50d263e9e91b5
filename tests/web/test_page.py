"""The live page over HTTP: who may see it, what it tells, what can be done."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any

import pytest

from swell.web.attach import PageError, open_page
from swell.web.desk import Desk, Field
from swell.web.page import LivePage
from tests.report.conftest import make_store
from tests.web.conftest import Client, Conducting, make_live

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stream:
    """One watcher of the page."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._connection.request("GET", "/api/events")
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200

    def next(self) -> tuple[str, dict[str, Any]]:
        """The next event: name and data."""
        name = ""
        while True:
            line = self._answer.readline().decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                return name, json.loads(line.removeprefix("data: "))

    def until(self, key: str) -> dict[str, Any]:
        """The first event with this section."""
        while True:
            _, data = self.next()
            if key in data:
                return data

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def guarded() -> Iterator[LivePage]:
    """A page with a token."""
    made = LivePage(token="secret-token-1")
    made.open()
    yield made
    made.shut()


def test_files_of_the_page(page: LivePage) -> None:
    """The page and all it loads are there, with a policy that forbids other origins; nothing else is."""
    client = Client(page.port)
    status, text, headers = client.send("GET", "/")
    assert status == 200
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers
    for name in ("page.css", "page.js", "charts.js", "form.js", "tables.js", "theme.js", "icon.svg"):
        assert client.send("GET", f"/page/{name}")[0] == 200, name
    assert "http://" not in text
    assert "https://" not in text
    for name in ("nothing.js", "..%2fpage.py", "page.py"):
        assert client.send("GET", f"/page/{name}")[0] == 404, name


def test_a_watcher_gets_everything_then_what_changes(page: LivePage, conducting: Conducting) -> None:
    """The first event holds the whole run, the next only new points and what changed."""
    live = make_live(seconds=4)
    conducting.show(live)
    stream = Stream(page.port)
    name, whole = stream.next()
    assert name == "whole"
    assert [point[0] for point in whole["history"]["points"]] == [0, 1, 2, 3]
    assert whole["run"]["name"] == "shop [beta]"
    assert whole["now"]["total_failed"] == 50
    assert whole["verdict"]["word"] == "FAIL"
    assert [row["grade"] for row in whole["criteria"]] == ["met", "failed"]
    live.seconds, live.elapsed = 6, 6.0
    conducting.show(live)
    data = stream.until("points")
    assert [point[0] for point in data["points"]] == [4, 5]
    assert "history" not in data
    assert "errors" not in data
    stream.close()


def test_points_say_what_was_measured(page: LivePage, conducting: Conducting) -> None:
    """A second of 50 requests of 100 ms, 5 of them failed, is shown as that."""
    conducting.show(make_live(seconds=2))
    stream = Stream(page.port)
    _, whole = stream.next()
    second, _users, rate, failed, p50, p95, p99 = whole["history"]["points"][1]
    assert (second, rate, failed) == (1, 50.0, 5.0)
    assert all(abs(value - 100) < 1 for value in (p50, p95, p99))
    stream.close()


def test_many_watchers_share_one_frame(page: LivePage, conducting: Conducting) -> None:
    """Twenty watchers get the same bytes, and the page is worked out once."""
    made = 0
    encode = page._state.frame

    def counting() -> Any:
        nonlocal made
        made += 1
        return encode()

    live = make_live(seconds=2)
    conducting.show(live)
    streams = [Stream(page.port) for _ in range(20)]
    first = [stream.next() for stream in streams]
    page._state.frame = counting  # type: ignore[method-assign]
    live.seconds = 3
    conducting.show(live)
    second = [stream.until("points") for stream in streams]
    assert all(each == first[0] for each in first)
    assert all(each == second[0] for each in second)
    assert made == 1
    assert page.watchers == 20
    for stream in streams:
        stream.close()


def test_another_run_starts_afresh(page: LivePage, conducting: Conducting) -> None:
    """With the next run the charts and tables are its own."""
    conducting.show(make_live(seconds=5))
    conducting.do(page.close)
    stream = Stream(page.port)
    assert len(stream.next()[1]["history"]["points"]) == 5
    conducting.show(make_live(make_store(seconds=2), seconds=2))
    data = stream.until("history")
    assert len(data["history"]["points"]) == 2
    assert data["errors"] == []
    stream.close()


def test_tables_wait_for_somebody_to_look(page: LivePage, conducting: Conducting) -> None:
    """Without a watcher no table is worked out; its points are kept all the same."""
    live = make_live(seconds=3)
    conducting.do(lambda: page.refresh(live))
    assert "endpoints" not in page._state._sections
    assert page._state.next_second == 3
    conducting.show(live)
    assert "endpoints" in page._state._sections


def test_stop_ends_the_run_in_order(page: LivePage, conducting: Conducting) -> None:
    """The button ends the run through the coordinator, once; without a run it says so."""
    client = Client(page.port)
    assert client.send("POST", "/api/stop")[0] == 409
    conducting.show(make_live())
    assert client.send("GET", "/api/stop")[0] == 405
    assert conducting.ended == []
    assert client.send("POST", "/api/stop")[0] == 200
    assert conducting.ended == ["stopped on the live page"]
    conducting.do(page.close)
    assert client.send("POST", "/api/stop")[0] == 409


def test_pages_of_other_origins_are_refused(page: LivePage, conducting: Conducting) -> None:
    """No request that a browser sends for another page comes through, nor one to a name pointed at this machine."""
    conducting.show(make_live())
    client = Client(page.port)
    own = f"http://127.0.0.1:{page.port}"
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://127.0.0.1:{page.port + 1}"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Host": f"evil.example:{page.port}"},
        {"Host": ""},
    ):
        assert client.send("POST", "/api/stop", **headers)[0] == 403, headers
    assert client.send("GET", "/api/events", Host="evil.example")[0] == 403
    assert conducting.ended == []
    assert client.send("POST", "/api/stop", Origin=own, Sec_Fetch_Site="same-origin")[0] == 200


def test_a_token_guards_everything(guarded: LivePage) -> None:
    """Without the token each path is 401; a visit with it leaves a cookie and hides it; a header serves as well."""
    client = Client(guarded.port)
    for path in ("/", "/page/page.js", "/api/events", "/?token=wrong", "/nothing"):
        assert client.send("GET", path)[0] == 401, path
    assert client.send("POST", "/api/stop?token=secret-token-1")[0] == 401
    assert client.send("GET", "/", Authorization="Bearer secret-token-2")[0] == 401
    assert client.send("GET", "/", Authorization="Bearer secret-token-1")[0] == 200
    status, _, headers = client.send("GET", "/?token=secret-token-1")
    assert status == 303
    assert headers["location"] == "/"
    assert "HttpOnly" in headers["set-cookie"]
    assert "SameSite=strict" in headers["set-cookie"]
    cookie = headers["set-cookie"].partition(";")[0]
    assert client.send("GET", "/page/page.js", Cookie=cookie)[0] == 200
    assert client.send("POST", "/api/stop", Cookie=cookie, Origin="http://evil.example")[0] == 403


def test_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other addresses than loopback get a token; what is no address, and a taken port, is told in words."""
    monkeypatch.delenv("SWELL_WEB_TOKEN", raising=False)
    with pytest.raises(ValueError, match="token"):
        LivePage("0.0.0.0")
    page = open_page("127.0.0.1:0")
    try:
        assert page.token is None
        assert page.url == f"http://127.0.0.1:{page.port}/"
        with pytest.raises(PageError, match="cannot listen"):
            open_page(f":{page.port}")
    finally:
        page.shut()
    wide = open_page("*:0")
    try:
        assert wide.token
        assert f"token={wide.token}" in wide.url
    finally:
        wide.shut()
    with pytest.raises(PageError, match="HOST:PORT"):
        open_page("localhost:http")
    monkeypatch.setenv("SWELL_WEB_TOKEN", "short")
    with pytest.raises(PageError, match="SWELL_WEB_TOKEN"):
        open_page("127.0.0.1:0")


def test_the_form_starts_and_steers() -> None:
    """The desk gets the values; what it finds wrong comes back; values that were taken stay in the form."""
    started: list[dict[str, Any]] = []

    def start(values: Any) -> str:
        started.append(dict(values))
        return "" if values["users"] != "0" else "no users"

    page = LivePage(
        desk=Desk(fields=[Field(name="users", label="Users"), Field(name="key", label="", kind="password")])
    )
    page.desk._start = start
    page.open()
    conducting = Conducting(page)
    client = Client(page.port)
    try:
        send = {"Content_Type": "application/json"}
        status, text, _ = client.send("POST", "/api/start", '{"users": "0"}', **send)
        assert (status, json.loads(text)["message"]) == (409, "no users")
        assert client.send("POST", "/api/start", '{"users": "7", "key": "k"}', **send)[0] == 200
        assert [values["users"] for values in started] == ["0", "7"]
        assert [field.value for field in page.desk.fields] == ["7", ""]
        assert client.send("POST", "/api/start", "users=7")[0] == 415
        assert client.send("POST", "/api/start", "{", **send)[0] == 400
        assert client.send("POST", "/api/steer", "{}", **send)[0] == 409
    finally:
        conducting.close()
        page.shut()


def test_downloads(page: LivePage, conducting: Conducting) -> None:
    """The table comes as CSV at any time; reports only when there are results."""
    conducting.show(make_live())
    client = Client(page.port)
    status, text, headers = client.send("GET", "/api/endpoints.csv")
    assert status == 200
    assert "attachment" in headers["content-disposition"]
    assert text.splitlines()[1].startswith("GET,/feed,500,50,")
    assert client.send("GET", "/api/download/report.html")[0] == 404
    assert client.send("GET", "/api/download/..%2f..%2fetc%2fpasswd")[0] == 404
