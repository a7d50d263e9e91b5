"""The host modules that stand for remote libraries: the JavaScript of catalog.py and the Python that some of it calls.

Rules: one module each, under the name that the catalog gives it; what takes part of the summary is imported when a
script asks for it, after the load.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, cast

from swell.dialects.javascript import HostFunction, HostModule, JsThrow
from swell.dialects.k6.jslib.catalog import LIBRARIES

__all__ = ["modules"]


def modules() -> Mapping[str, HostModule]:
    """All of them, by the names that `catalog.equivalent` gives."""
    return {
        library.module: HostModule(_FUNCTIONS.get(library.name, {}), _source(library.name))
        for library in LIBRARIES.values()
    }


@cache
def _source(name: str) -> str:
    return LIBRARIES[name].source


def _needs_data(data: Any) -> dict[str, Any]:
    found = _fields(data)
    if not isinstance(found.get("metrics"), dict):
        raise JsThrow("TypeError", "this needs what handleSummary() gets: an object with `metrics`")
    return found


def _fields(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _text(context: Any, data: Any, options: Any) -> str:
    """textSummary: the classic layout, in colour unless told otherwise."""
    del context
    from swell.dialects.k6.summary import text_summary  # noqa: PLC0415 - after the load only

    chosen = _fields(options)
    unit = chosen.get("summaryTimeUnit")
    return text_summary(
        _needs_data(data),
        mode="legacy",
        colors=bool(chosen.get("enableColors", True)),
        trend_stats=chosen.get("summaryTrendStats") or None,
        time_unit=str(unit) if unit else None,
        indent=str(chosen.get("indent", " ")),
    )


def _junit(context: Any, data: Any, options: Any) -> str:
    del context
    from swell.dialects.k6.jslib.junit import junit_xml  # noqa: PLC0415 - after the load only

    chosen = _fields(options)
    return junit_xml(_needs_data(data), str(chosen.get("name") or "k6 thresholds"))


def _figure(context: Any, value: Any, kind: str, contains: str, unit: str) -> str:
    del context
    from swell.dialects.k6.summary_numbers import figure, percent  # noqa: PLC0415 - after the load only

    number = float(value) if isinstance(value, int | float) else float("nan")
    return percent(number) if kind == "rate" else figure(number, contains, unit)


def _page(context: Any, data: Any, options: Any) -> str:
    del context
    from swell.dialects.k6.jslib.page import page  # noqa: PLC0415 - after the load only

    chosen = _fields(options)
    return page(_needs_data(data), title=str(chosen.get("title") or ""), about=str(chosen.get("description") or ""))


_FUNCTIONS: Final[dict[str, dict[str, object]]] = {
    "k6-summary": {"text": HostFunction(_text), "junit": HostFunction(_junit), "figure": HostFunction(_figure)},
    "k6-reporter": {"page": HostFunction(_page)},
}
