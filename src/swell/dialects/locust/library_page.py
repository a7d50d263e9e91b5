"""The page of a program that uses Locust as a library: `environment.create_web_ui(host, port)`.

Rules: it is the page of `swell locust`, with runs in this process: its form starts and changes them, and routes that
the program adds run here, in the thread that conducts the runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swell.dialects.locust.page import PageDoor
from swell.dialects.locust.page_form import form_of_library
from swell.dialects.locust.page_routes import locust_routes
from swell.dialects.locust.web_relay import Relay, TestRoutes
from swell.dialects.locust.web_ui import WebUI, answer
from swell.web.attach import PageError, token_for
from swell.web.desk import Desk
from swell.web.page import LivePage

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.dialects.locust.env import Environment
    from swell.dialects.locust.library import LibraryRunner
    from swell.model.plan import Plan

__all__ = ["LibraryPage", "LibraryUI", "open_page"]


class LibraryUI(WebUI):
    """The `web_ui` of such a program: it can be ended."""

    page: LibraryPage | None = None

    def stop(self) -> None:
        """Close the page."""
        if self.page is not None:
            self.page.live.shut()
            self.page = None


class LibraryPage:
    """The page, as the runner sees it."""

    def __init__(self, runner: LibraryRunner, live: LivePage, door: PageDoor) -> None:
        self.live = live
        self._runner = runner
        self._door = door

    def next_plan(self, asked: Callable[[], Plan | None]) -> Plan | None:
        """Serve the page until a run is wanted, by the program (`asked`) or by the form."""
        found: list[Plan] = []

        def wanted() -> bool:
            plan = asked()
            if plan is not None:
                found.append(plan)
            return bool(found) or self._door.wanted is not None

        self.live.idle(wanted)
        values, self._door.wanted = self._door.wanted, None
        if found:
            return found[0]
        return self._plan_of(values or {})

    def _plan_of(self, values: dict[str, Any]) -> Plan:
        runner = self._runner
        runner.environment.stats.clear_all()
        if values.get("host"):
            runner.environment.host = str(values["host"])
        users, rate = int(float(values.get("user_count") or 1)), float(values.get("spawn_rate") or 1)
        return runner.plan_of(users, rate, runner.user_classes)


def open_page(environment: Environment, runner: LibraryRunner, host: str, port: int) -> WebUI:
    """Open the page. SystemExit with a message where that cannot be."""
    form = form_of_library(environment)
    door = PageDoor(form)
    relay = Relay(lambda: door.page, [])
    web_ui = LibraryUI(environment)
    relay.here = lambda request: answer(web_ui, request)
    address = {"": "127.0.0.1", "*": "0.0.0.0", "localhost": "127.0.0.1"}.get(host, host)  # noqa: S104 - asked for
    try:
        live = door.page = LivePage(
            address,
            port,
            token=token_for(address),
            time_metric="http_req_latency",
            desk=Desk(fields=form.fields, start=door.start, steer=door.steer, title=form.title),
            routes=[*locust_routes(door), TestRoutes(relay, lambda: door.page)],
        )
        live.open()
    except (PageError, OSError, OverflowError, ValueError) as error:
        raise SystemExit(f"swell: create_web_ui({host!r}, {port}): the page cannot be opened: {error}") from None
    web_ui.page = LibraryPage(runner, live, door)
    runner.serve_page(web_ui.page)
    return web_ui
