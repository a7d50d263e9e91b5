"""Stored runs on the page: the list, files, comparisons, the report of the run that goes on."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from swell.runs.keeping import NO_STORE
from swell.web.archive import Archive, archive_of
from swell.web.page import LivePage
from tests.web.conftest import Client, Conducting, make_live
from tests.web.stored import store_runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BASE, SLOW, CUT = "20270115-080000-aaaa", "20270115-081640-bbbb", "20270115-083320-cccc"


@contextlib.contextmanager
def showing(archive: Archive | None) -> Iterator[tuple[LivePage, Client]]:
    """A page with these stored runs."""
    page = LivePage(archive=archive)
    page.open()
    try:
        yield page, Client(page.port)
    finally:
        page.shut()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two runs, the second twice as slow, and one that was cut off."""
    path = tmp_path_factory.mktemp("stored") / "runs.db"
    return store_runs(path, {BASE: 0.1, SLOW: 0.2, CUT: 0.1}, unfinished=CUT)


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[Client]:
    """Requests to a page that shows them."""
    with showing(Archive(url)) as (_, made):
        yield made


def got(client: Client, path: str) -> Any:
    status, text, headers = client.send("GET", path)
    assert status == 200, text
    assert headers["cache-control"] == "no-store"
    return json.loads(text)


def test_the_list_has_the_figures_of_each_run(client: Client) -> None:
    """The newest first, with what was measured; a run that never ended has no figures and no verdict."""
    for _ in range(2):  # the second time from what is remembered
        cut, slow, base = got(client, "/api/runs")["runs"]
        assert [cut["id"], slow["id"], base["id"]] == [CUT, SLOW, BASE]
        assert (cut["finished"], cut["verdict"], cut["requests"]) == (False, "", None)
        assert (base["requests"], base["failed"], base["users"], base["duration"]) == (3000, 0.0, 7, 60.0)
        assert base["rate"] == 50.0
        assert 100 <= base["p95"] <= 106
        assert 200 <= slow["p95"] <= 212


def test_files_of_a_run(client: Client) -> None:
    """Report, CSV and summaries of each run, also of one that was cut off; nothing else."""
    report, headers = client.send("GET", f"/api/runs/{BASE}/report.html")[1:]
    assert "shop 0" in report
    assert headers["content-disposition"] == f'attachment; filename="{BASE}.html"'
    assert json.loads(client.send("GET", f"/api/runs/{BASE}/summary.json")[1])["run"] == BASE
    rows = client.send("GET", f"/api/runs/{BASE}/endpoints.csv")[1].splitlines()
    # A name that a spreadsheet would take for a formula is none any more.
    assert rows[1].startswith("GET,'=feed,3000,0,50.0,")
    assert "<testsuite" in client.send("GET", f"/api/runs/{BASE}/junit.xml")[1]
    assert "shop 0" in client.send("GET", f"/api/runs/{BASE}/summary.md")[1]
    assert client.send("GET", f"/api/runs/{CUT}/summary.json")[0] == 200
    for path in (f"{BASE}/record.json", "last/report.html", f"{BASE[:10]}/report.html", "nothing/report.html"):
        assert client.send("GET", f"/api/runs/{path}")[0] == 404, path


def test_a_slower_run_is_called_so(client: Client) -> None:
    """The comparison of two runs, as data and as a report; runs that are not there are no server error."""
    found = got(client, f"/api/compare?base={BASE}&new={SLOW}")
    assert found["verdict"] == "REGRESSED"
    assert any(row["verdict"] == "REGRESSED" and "p95" in row["metric"] for row in found["rows"])
    assert got(client, f"/api/compare?base={SLOW}&new={BASE}")["verdict"] == "IMPROVED"
    report = client.send("GET", f"/api/compare/report.html?base={BASE}&new={SLOW}")[1]
    assert "REGRESSED" in report
    assert client.send("GET", f"/api/compare?base={BASE}&new=x")[0] == 404
    assert client.send("GET", f"/api/compare?base={BASE}&new={BASE}")[0] == 400
    assert client.send("GET", "/api/compare")[0] == 400


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    """Where no store is, the list is empty and stays so on disk; a file that is none is told in words."""
    path = tmp_path / "sub" / "runs.db"
    with showing(Archive(str(path))) as (_, client):
        assert got(client, "/api/runs") == {"runs": []}
        assert client.send("GET", f"/api/runs/{BASE}/report.html")[0] == 409
        assert not path.parent.exists()
    path.parent.mkdir()
    path.write_text("this is no database, whatever its name says " * 50)
    with showing(Archive(str(path))) as (_, client):
        status, text, _ = client.send("GET", "/api/runs")
        assert status == 409
        assert "cannot be opened" in text
    assert archive_of(NO_STORE) is None
    with showing(None) as (_, client):
        assert client.send("GET", "/api/runs")[0] == 404


def test_reading_only(client: Client) -> None:
    """No endpoint of stored runs takes anything but GET."""
    for path in ("/api/runs", f"/api/runs/{BASE}/report.html", "/api/compare", "/api/report-so-far.html"):
        assert client.send("POST", path, "{}", Content_Type="application/json")[0] == 405, path
        assert client.send("DELETE", path)[0] == 405, path


def test_the_report_so_far(url: str) -> None:
    """While a run goes on its report can be had, without a verdict that could still change; before and after not."""
    with showing(Archive(url)) as (page, client):
        conducting = Conducting(page)
        try:
            path = "/api/report-so-far.html"
            assert client.send("GET", path)[0] == 404
            live = make_live(seconds=5)
            live.results = ()
            conducting.do(lambda: page.stored_as(CUT, ["swell", "run", "load.py"]))
            conducting.show(live)
            status, text, headers = client.send("GET", path)
            assert status == 200, text
            assert headers["content-disposition"] == f'attachment; filename="{CUT}-so-far.html"'
            assert "the run goes on" in text
            assert "criteria have no data yet" in text
            conducting.do(page.close)
            assert client.send("GET", path)[0] == 404
        finally:
            conducting.close()
