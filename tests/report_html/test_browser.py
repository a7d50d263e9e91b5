"""The report in a real Chromium without a network."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

# One Chromium, whatever the number of test processes.
pytestmark = [pytest.mark.xdist_group("chromium"), pytest.mark.timeout(240)]

_PATIENCE = 60_000  # milliseconds


@contextlib.contextmanager
def opened(browser: Browser, path: Path, **options: Any) -> Iterator[tuple[Page, list[str]]]:
    """The page with its plots drawn, and a list that gets everything it complains of or asks for."""
    trouble: list[str] = []
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "offline": True, **options})
    context.set_default_timeout(_PATIENCE)
    page = context.new_page()
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda message: trouble.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("request", lambda request: None if request.url == path.as_uri() else trouble.append(request.url))
    page.goto(path.as_uri())
    if options.get("java_script_enabled", True):
        page.wait_for_function("document.documentElement.dataset.plots")
        page.wait_for_function("document.querySelectorAll('.plot .bk-Figure, .plot > *').length >= 5")
    try:
        yield page, trouble
    finally:
        context.close()


def test_it_draws_without_a_network_or_complaint(browser: Browser, evil_page: Path) -> None:
    """All plots are there; nothing was requested, refused by the policy, or thrown; no name ran as a script."""
    with opened(browser, evil_page) as (page, trouble):
        assert page.evaluate("document.documentElement.dataset.plots") == "ready"
        assert page.evaluate("window.evil") is None
        assert trouble == []
        for name in ("rate", "times", "failed", "users", "histogram", "curve"):
            assert page.evaluate(f"document.getElementById('plot-{name}').childElementCount") > 0, name


def test_a_script_that_gets_in_does_not_run(browser: Browser, evil_page: Path, tmp_path: Path) -> None:
    """Even if the escaping failed, the policy would refuse the script."""
    path = tmp_path / "broken.html"
    text = evil_page.read_text(encoding="utf-8")
    path.write_text(text.replace("<main", "<script>window.evil=1</script><main", 1), encoding="utf-8")
    with opened(browser, path) as (page, trouble):
        assert page.evaluate("window.evil") is None
        assert any("Content Security Policy" in each for each in trouble)


def test_it_reads_without_scripts(browser: Browser, evil_page: Path) -> None:
    """With JavaScript off the tables are there, and a sentence says why there are no plots."""
    with opened(browser, evil_page, java_script_enabled=False) as (page, _):
        assert page.get_by_text("The plots need JavaScript").is_visible()
        assert page.locator("#endpoints tbody tr").count() == 3
        assert not page.locator("#plot-rate").is_visible()


def test_endpoints_sort_by_keyboard(browser: Browser, evil_page: Path) -> None:
    """Enter on a column's head sorts by it, again turns the order, and the head says so."""
    with opened(browser, evil_page) as (page, _):
        head = page.locator("#endpoints th", has_text="p95").first
        names = page.locator("#endpoints tbody th")
        head.locator("button").focus()
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "descending"
        assert names.first.inner_text() == "GET /a"
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "ascending"
        assert names.last.inner_text() == "GET /a"
        assert page.locator("#endpoints th[aria-sort]").count() == 1


def test_all_plots_over_time_zoom_together(browser: Browser, evil_page: Path) -> None:
    """The list of stages and the buttons move the one range that the plots share."""
    ranges = """[...Bokeh.documents[0].roots()].map((p) => p.x_range).filter((r) => r.bounds)
        .map((r) => [r.start, r.end])"""
    with opened(browser, evil_page) as (page, _):
        assert page.evaluate(ranges) == [[0, 40]] * 4
        page.select_option("#stage", index=2)
        assert page.evaluate(ranges) == [[10, 30]] * 4
        page.get_by_label("Zoom in").click()
        assert page.evaluate(ranges) == [[15, 25]] * 4
        page.get_by_label("Later").press("Enter")
        assert page.evaluate(ranges) == [[20, 30]] * 4
        page.get_by_role("button", name="Whole run").click()
        assert page.evaluate(ranges) == [[0, 40]] * 4
        assert page.input_value("#stage") == ""


def test_dragging_over_a_plot_zooms(browser: Browser, evil_page: Path) -> None:
    """A drag over one plot shows that part of the run in all of them."""
    with opened(browser, evil_page) as (page, _):
        plot = page.locator("#plot-users")
        plot.scroll_into_view_if_needed()
        box = plot.bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] * 0.4, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.5, middle, steps=5)
        page.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=5)
        page.mouse.up()
        page.wait_for_function("Bokeh.documents[0].roots()[0].x_range.end < 30")
        assert page.evaluate("Bokeh.documents[0].roots()[0].x_range.start") > 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_and_the_button(browser: Browser, evil_page: Path, scheme: Any) -> None:
    """The page and the text in its plots take the system's colours, and the other ones after the button."""
    axis = "[...Bokeh.documents[0].roots()[0].references()].find((m) => m.type == 'LinearAxis').major_label_text_color"
    background = "getComputedStyle(document.body).backgroundColor"
    light = ("rgb(246, 247, 249)", "#566071")
    dark = ("rgb(16, 20, 27)", "#a3adbb")
    with opened(browser, evil_page, color_scheme=scheme) as (page, _):
        first, second = (light, dark) if scheme == "light" else (dark, light)
        assert (page.evaluate(background), page.evaluate(axis)) == first
        page.locator("button.theme").click()
        assert (page.evaluate(background), page.evaluate(axis)) == second


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_the_page_never_scrolls_sideways(browser: Browser, evil_page: Path, width: int) -> None:
    """Tables scroll inside of their frames, also beside long names; the page does not."""
    with opened(browser, evil_page, viewport={"width": width, "height": 800}) as (page, _):
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_criteria_are_whole_on_a_telephone(browser: Browser, evil_page: Path) -> None:
    """What was asked, what was measured and the margin are on the screen without scrolling sideways."""
    with opened(browser, evil_page, viewport={"width": 390, "height": 800}) as (page, _):
        shown = page.evaluate(
            """() => { const out = []; const frame = document.querySelector("#criteria .scroll");
            for (const cell of document.querySelectorAll("#criteria tbody :is(th, td:not(:nth-child(4)))"))
              if (cell.getBoundingClientRect().right > innerWidth) out.push(cell.textContent);
            const rows = document.querySelectorAll("#criteria tbody tr").length;
            return [rows, frame.scrollWidth - frame.clientWidth, out]; }"""
        )
        assert shown[0] > 0
        assert shown[1:] == [0, []]


def test_it_fits_on_paper(browser: Browser, evil_page: Path) -> None:
    """In print the colours are light, the controls gone, and nothing is wider than the sheet."""
    with opened(browser, evil_page, color_scheme="dark") as (page, _):
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 720, "height": 1000})
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not page.locator(".controls").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 720


CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const element of document.querySelectorAll("body *:not(script):not(.skip)")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const shown = element.textContent.trim().slice(0, 30);
    if (ratio < 4.5) bad.push(`${element.tagName}.${element.className} ${shown} ${ratio}`);
  }
  return bad;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(browser: Browser, evil_page: Path, scheme: Any) -> None:
    """All text has a contrast of 4.5 : 1 or more (WCAG AA)."""
    with opened(browser, evil_page, color_scheme=scheme) as (page, _):
        assert page.evaluate(CONTRAST) == []
