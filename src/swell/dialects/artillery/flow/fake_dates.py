"""Made-up dates, as faker's `date` module gives them.

Rules: moments are texts in ISO 8601 with milliseconds, as JavaScript's Date is written; relative to now or to a
reference that is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, cast

from swell.dialects.artillery.flow.fake_makers import Make, plain, word
from swell.dialects.artillery.flow.values import number_of

__all__ = ["TABLE", "recent"]

_DAY: Final = 86400.0


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read(value: Any) -> datetime:
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return datetime.now(UTC)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    number = number_of(value)
    return datetime.now(UTC) if number is None else datetime.fromtimestamp(number / 1000.0, UTC)


def _moved(key: str, unit: float, standard: float, sign: int) -> Callable[..., str]:
    def make(random: Random, span: Any = None, reference: Any = None, *_: Any) -> str:
        if isinstance(span, Mapping):
            options = cast("Mapping[str, Any]", span)
            reference = options.get("refDate")
            span = options.get(key)
        size = number_of(span) or standard
        return _iso(_read(reference) + sign * timedelta(seconds=random.uniform(1, max(2.0, size * unit))))

    return make


def _birthday(random: Random, options: Any = None, *_: Any) -> str:
    given: Mapping[str, Any] = cast("Mapping[str, Any]", options) if isinstance(options, Mapping) else {}
    low, high = number_of(given.get("min")), number_of(given.get("max"))
    if given.get("mode") == "year":
        return _iso(datetime(int(random.uniform(low or 1950, high or 2005)), random.randint(1, 12), 15, tzinfo=UTC))
    age = random.uniform(18 if low is None else low, 80 if high is None else high)
    return _iso(datetime.now(UTC) - timedelta(days=age * 365.25))


recent: Final = _moved("days", _DAY, 1, -1)
"""A moment of the last day, or of so many days."""

TABLE: Final[dict[str, Make]] = {
    "past": plain(_moved("years", 365 * _DAY, 1, -1)),
    "future": plain(_moved("years", 365 * _DAY, 1, 1)),
    "recent": plain(recent),
    "soon": plain(_moved("days", _DAY, 1, 1)),
    "anytime": plain(_moved("years", 365 * _DAY, 1, -1)),
    "birthdate": plain(_birthday),
    "month": word("month"),
    "weekday": word("weekday"),
    "timeZone": word("zone"),
}
"""The functions by name."""
