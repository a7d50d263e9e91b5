"""The live page in a real Chromium."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import pytest

from swell.web.archive import Archive
from swell.web.desk import Desk, Field
from swell.web.page import LivePage
from tests.report.conftest import make_store
from tests.web.conftest import Conducting, make_live
from tests.web.stored import store_runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

# One Chromium, whatever the number of test processes.
pytestmark = [pytest.mark.xdist_group("chromium"), pytest.mark.timeout(240)]

_PATIENCE = 60_000  # milliseconds


@contextlib.contextmanager
def opened(browser: Browser, page: LivePage, **options: Any) -> Iterator[tuple[Page, list[str]]]:
    """The page in a browser, and a list that gets everything it complains of."""
    trouble: list[str] = []
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    context.set_default_timeout(_PATIENCE)
    view = context.new_page()
    view.on("pageerror", lambda error: trouble.append(str(error)))
    view.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    view.goto(page.url)
    try:
        yield view, trouble
    finally:
        context.close()


def until(view: Page, expression: str) -> None:
    """Wait until it is true. Playwright's own way evaluates strings in the page, which its policy forbids."""
    end = time.monotonic() + _PATIENCE / 1000
    while not view.evaluate(expression):
        assert time.monotonic() < end, expression
        view.wait_for_timeout(50)


def test_it_shows_the_run(browser: Browser, page: LivePage, conducting: Conducting) -> None:
    """Verdict, figures, charts with the points measured, tables; nothing to complain of."""
    live = make_live(seconds=4)
    conducting.show(live)
    with opened(browser, page) as (view, trouble):
        until(view, "swell.state.points.length === 4")
        assert view.locator("#verdict").inner_text().startswith("FAIL")
        assert view.locator("#name").inner_text() == "shop [beta]"
        live.seconds = 6
        conducting.show(live)
        until(view, "swell.state.points.length === 6")
        assert view.evaluate("swell.state.points.map((point) => point[2])") == [50, 50, 50, 50, 50, 50]
        assert "requests 50" in (view.locator(".chart svg").first.get_attribute("aria-label") or "")
        assert len(view.locator(".chart path.s0").first.get_attribute("d") or "") > 20
        view.locator("#tab-endpoints").click()
        assert view.locator("#endpoints tbody tr").count() == 1
        view.keyboard.press("ArrowRight")
        assert view.locator("#criteria tbody tr").count() == 2
        view.keyboard.press("ArrowRight")
        assert "status 503" in view.locator("#errors").inner_text()
        assert trouble == []


def test_the_stop_button(browser: Browser, page: LivePage, conducting: Conducting) -> None:
    """It ends the run, and goes when the run is over."""
    conducting.show(make_live())
    with opened(browser, page) as (view, _):
        view.locator("#stop").click()
        end = time.monotonic() + _PATIENCE / 1000
        while not conducting.ended:
            assert time.monotonic() < end
            view.wait_for_timeout(50)
        conducting.do(page.close)
        until(view, "document.getElementById('stop').hidden")
        assert conducting.ended == ["stopped on the live page"]
        assert "done" in view.locator("#where").inner_text()


def test_it_comes_back_after_a_lost_connection(browser: Browser) -> None:
    """A page that lost its server says so, and is whole again when the server is back."""
    first = LivePage()
    first.open()
    conducting = Conducting(first)
    live = make_live(seconds=3)
    conducting.show(live)
    with opened(browser, first) as (view, _):
        until(view, "swell.state.points.length === 3")
        # The process is gone at once: nobody says goodbye.
        first._state.put = lambda *_: None  # type: ignore[method-assign]
        first.shut()
        conducting.close()
        until(view, "document.getElementById('line').classList.contains('cut')")
        second = LivePage(port=first.port)
        second.open()
        again = Conducting(second)
        live.seconds = 7
        again.show(live)
        until(view, "swell.state.points.length === 7")
        until(view, "document.getElementById('line').textContent === 'live'")
        again.close()
        second.shut()
        until(view, "document.getElementById('line').textContent.includes('has ended')")


def test_the_form(browser: Browser) -> None:
    """It starts a test with what was typed, says what is wrong, and changes the running test."""
    got: list[dict[str, Any]] = []

    def start(values: Any) -> str:
        got.append(dict(values))
        return "no such host" if values.get("host") == "x" else ""

    fields = [
        Field(name="users", label="Number of users", kind="number", value=1, steers=True, minimum=0),
        Field(name="host", label="Host", value="x"),
        Field(name="deep", label="Deep", kind="flag", more=True),
        Field(name="kind", label="Kind", kind="choice", choices=["a", "b"], value="b", more=True),
    ]
    made = LivePage(desk=Desk(fields=fields, start=start, steer=start, title="Start load.py"))
    made.open()
    conducting = Conducting(made)
    try:
        with opened(browser, made) as (view, trouble):
            # The form's title comes with the first message from the server, the page's own text stands until then.
            until(view, "document.getElementById('form-title').textContent === 'Start load.py'")
            view.get_by_label("Number of users").fill("20")
            view.locator("#more summary").click()
            view.get_by_label("Deep").check()
            view.locator("#go").click()
            until(view, "document.getElementById('trouble').textContent === 'no such host'")
            view.get_by_label("Host").fill("http://127.0.0.1:1")
            view.keyboard.press("Enter")
            until(view, "document.getElementById('form').hidden")
            assert got[-1] == {"users": "20", "host": "http://127.0.0.1:1", "deep": True, "kind": "b"}
            conducting.show(make_live(seconds=3))
            view.locator("#edit").click()
            until(view, "document.querySelectorAll('#form input').length === 1")
            view.get_by_label("Number of users").fill("30")
            view.locator("#go").click()
            until(view, "document.getElementById('form').hidden")
            assert got[-1]["users"] == "30"
            assert [each for each in trouble if "409" not in each] == []
    finally:
        conducting.close()
        made.shut()


def test_names_are_no_markup(browser: Browser, page: LivePage, conducting: Conducting) -> None:
    """What a target, a test or a log says is shown as text."""
    evil = "<img src=x onerror=window.evil=1>"
    live = make_live(make_store(failing=True), name=evil, host=f"http://{evil}")
    live.store._errors.add("status", evil, evil, "GET", {"body": evil})  # type: ignore[arg-type]
    conducting.show(live)
    conducting.do(lambda: page.say("error", evil))
    with opened(browser, page) as (view, trouble):
        until(view, "swell.state.points.length")
        assert evil in view.locator("#name").inner_text()
        view.locator("#tab-log").click()
        until(view, "document.getElementById('log').innerText.includes('onerror=window.evil')")
        assert evil in view.locator("#log").inner_text()
        assert view.evaluate("window.evil") is None
        assert trouble == []


def test_history_and_comparison(browser: Browser, tmp_path: Path) -> None:
    """Stored runs are listed with their files; two that are chosen, a third taking the place of the first, compare."""
    url = store_runs(tmp_path / "runs.db", {"run-1": 0.1, "run-2": 0.1, "run-3": 0.2})
    made = LivePage(archive=Archive(url))
    made.open()
    try:
        with opened(browser, made) as (view, trouble):
            until(view, "!document.getElementById('tab-history').hidden")
            view.locator("#tab-history").click()
            until(view, "document.querySelectorAll('#runs tbody tr').length === 3")
            row = view.locator("#runs tbody tr").last
            assert "PASS" in row.inner_text()
            assert "shop 0" in row.inner_text()
            assert row.get_by_role("link").count() == 3
            with view.expect_download() as download:
                row.get_by_role("link", name="report of shop 0").click()
            assert download.value.suggested_filename == "run-1.html"
            assert view.locator("#compare").is_disabled()
            for run in ("run-2", "run-3", "run-1"):
                view.locator(f"[data-run={run}]").check()
            assert not view.locator("[data-run=run-2]").is_checked()
            assert view.locator("#choice").inner_text() == "run-3 against run-1"
            view.locator("#compare").click()
            until(view, "document.querySelectorAll('#comparison tbody tr').length > 0")
            assert "REGRESSED" in view.locator("#comparison h2").inner_text()
            with view.expect_download() as download:
                view.get_by_role("link", name="Report with this comparison").click()
            assert download.value.suggested_filename == "run-3-against-run-1.html"
            assert trouble == []
    finally:
        made.shut()


def test_changing_a_run_shows_what_it_has(browser: Browser) -> None:
    """A running test is changed from its present users, a new one begins with what was typed; a refusal comes back."""
    fields = [Field(name="users", label="Users", kind="number", steers=True), Field(name="host", label="Host")]
    fields.append(Field(name="profile", label="Profile", choices=["smoke", "soak"]))
    desk = Desk(fields=fields, start=lambda _: "", steer=lambda _: "")
    desk.current = {"users": 50}
    made = LivePage(desk=desk)
    made.open()
    conducting = Conducting(made)
    try:
        with opened(browser, made) as (view, _):
            until(view, "!document.getElementById('form').hidden")
            assert view.locator("#field-users").input_value() == ""
            assert view.locator("#field-profile-choices option").count() == 2
            conducting.show(make_live(seconds=3))
            view.locator("#edit").click()
            assert view.locator("#field-users").input_value() == "50"
            view.locator("#field-users").fill("70")
            view.locator("#go").click()
            until(view, "document.getElementById('form').hidden")
            until(view, "swell.state.desk.current.users === '70'")
            conducting.do(made.close)
            conducting.do(lambda: made.prepare("the test could not be started", "there is no host"))
            until(view, "document.getElementById('trouble').textContent === 'there is no host'")
            assert view.locator("#form-title").inner_text() == "Start a test"
            assert view.locator("#field-users").input_value() == ""
    finally:
        conducting.close()
        made.shut()


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_hangs_over_the_edge(
    browser: Browser, page: LivePage, conducting: Conducting, width: int, tmp_path: Path
) -> None:
    """The page is no wider than the screen, on a phone neither, with any of its parts shown."""
    page.archive = Archive(store_runs(tmp_path / "runs.db", {"run-1": 0.1}))
    conducting.show(make_live())
    with opened(browser, page, viewport={"width": width, "height": 740}) as (view, _):
        until(view, "swell.state.points.length")
        for tab in ("charts", "endpoints", "criteria", "errors", "generator", "log", "download", "history"):
            view.locator(f"#tab-{tab}").click()
            assert view.evaluate("document.documentElement.scrollWidth") <= width, tab
        until(view, "document.querySelectorAll('#runs tbody tr').length === 1")
        assert view.evaluate("document.documentElement.scrollWidth") <= width


def test_labels_of_the_time_axis_are_exact(browser: Browser, page: LivePage) -> None:
    """A label stands at the second that it names: ticks are whole seconds, six at most."""
    with opened(browser, page) as (view, _):
        ticks = view.evaluate(
            """async () => { const {timeTicks} = await import(new URL("page/charts.js", location.href));
            return [[0, 10], [7, 17], [0, 15], [0, 60], [3, 3600], [0, 4000000]].map(([a, b]) => timeTicks(a, b)); }"""
        )
        assert ticks[0] == [0, 2, 4, 6, 8, 10]
        for each, (start, end) in zip(
            ticks, [(0, 10), (7, 17), (0, 15), (0, 60), (3, 3600), (0, 4_000_000)], strict=True
        ):
            assert 2 <= len(each) <= 6
            assert all(second == int(second) and start <= second <= end for second in each)
