"""Single values of k6's options: what a script, a file, an environment variable or a flag may say.

Rules: pure. Whole numbers may come as texts (`__ENV.VUS`), empty texts and null are "not set" (None), durations are
texts as Go writes them or milliseconds, on the command line texts only. What is wrong is an `OptionError` that names
the option; it ends the command with k6's exit code 104.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from swell.dialects.k6.inspect_requirements import duration_text
from swell.model.units import parse_duration

__all__ = [
    "OptionError",
    "boolean",
    "decimal",
    "duration",
    "integer",
    "mapping",
    "seconds",
    "stages",
    "text",
    "text_map",
    "texts",
    "time_unit",
    "trend_stats",
    "truth",
]

_DAYS = re.compile(r"([0-9.]+)d(.*)")
_TREND_STATS = ("avg", "min", "med", "max", "count")
_PERCENTILE = re.compile(r"p\((\d+(?:\.\d+)?)\)")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")


class OptionError(ValueError):
    """An option that cannot be; the text is for people."""

    def __init__(self, name: str, message: str, exit_code: int = 104) -> None:
        super().__init__(f"{name}: {message}" if name else message)
        self.exit_code = exit_code


def integer(name: str, value: Any) -> int | None:
    """A whole number, also as text."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        raise OptionError(name, f"is a whole number, not {str(value).lower()}")
    if isinstance(value, str):
        if not re.fullmatch(r"[+-]?\d+", value.strip()):
            raise OptionError(name, f"is a whole number, not {value!r}")
        return int(value)
    if isinstance(value, (int, float)) and float(value).is_integer():
        return int(value)
    raise OptionError(name, f"is a whole number, not {_shown(value)}")


def decimal(name: str, value: Any) -> float | None:
    """A number, also as text."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise OptionError(name, f"is a number, not {_shown(value)}")
    return float(value)


def boolean(name: str, value: Any) -> bool | None:
    """Whether or not; as text only where `value` comes from the environment (see options.py)."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    raise OptionError(name, f"is true or false, not {_shown(value)}")


def truth(value: str, wrong: OptionError) -> bool:
    """A truth value as text, of a flag or of the environment. Raises `wrong` for anything else."""
    if value.lower() in {"true", "1", "t"}:
        return True
    if value.lower() in {"false", "0", "f"}:
        return False
    raise wrong


def text(name: str, value: Any) -> str | None:
    """A text; null is not set."""
    if value is None:
        return None
    if isinstance(value, str):
        return value
    raise OptionError(name, f"is a text, not {_shown(value)}")


def texts(name: str, value: Any) -> list[str] | None:
    """A list of texts."""
    if value is None:
        return None
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, Sequence):
        found = cast("Sequence[Any]", value)
        return [each if isinstance(each, str) else _plain(name, each) for each in found]
    raise OptionError(name, f"is a list of texts, not {_shown(value)}")


def trend_stats(name: str, value: Any) -> list[str] | None:
    """What a summary shows of trends: avg, min, med, max, count and p(N)."""
    found = texts(name, value)
    for each in found or ():
        percentile = _PERCENTILE.fullmatch(each)
        if each not in _TREND_STATS and (percentile is None or float(percentile[1]) > 100):
            hint = f"; did you mean 'p({each[1:]})'?" if re.fullmatch(r"p\d+(\.\d+)?", each) else ""
            raise OptionError(name, f"there is no {each!r}; there are avg, min, med, max, count and p(N){hint}")
    return found


def time_unit(name: str, value: Any) -> str | None:
    """The unit of all times in a summary."""
    found = text(name, value)
    if found not in {None, "", "s", "ms", "us"}:
        raise OptionError(name, f"is s, ms or us, not {found!r}")
    return found


def text_map(name: str, value: Any) -> dict[str, str] | None:
    """Names and texts; numbers and booleans are taken as texts."""
    if value is None:
        return None
    return {key: each if isinstance(each, str) else _plain(f"{name}.{key}", each) for key, each in mapping(name, value)}


def mapping(name: str, value: Any) -> list[tuple[str, Any]]:
    """The entries of an object."""
    if not isinstance(value, Mapping):
        raise OptionError(name, f"is an object, not {_shown(value)}")
    return list(cast("Mapping[str, Any]", value).items())


def seconds(name: str, value: Any, *, units: bool = False) -> float | None:
    """A length of time in seconds. `units`: a number without a unit is refused (flags), else it is milliseconds."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise OptionError(name, f'is a duration such as "30s" or milliseconds, not {_shown(value)}')
    found: float
    if isinstance(value, str):
        given = value.strip()
        if _NUMBER.fullmatch(given):
            if units and float(given) != 0:
                raise OptionError(name, f"{value!r} has no unit: write {given}s or {given}ms")
            found = float(given) / 1000.0
        else:
            found = _go_duration(name, given)
    else:
        found = float(value) / 1000.0
    if found < 0:
        raise OptionError(name, "must not be negative")
    return found


def duration(name: str, value: Any, *, units: bool = False) -> str | None:
    """As `seconds`, but as text in the manner of Go: "1m30s"."""
    found = seconds(name, value, units=units)
    return None if found is None else duration_text(found)


def stages(name: str, value: Any, *, units: bool = False) -> list[dict[str, Any]] | None:
    """[{duration, target}]; as text "10s:5,1m:0". Entries without a duration are dropped, as in k6."""
    if value is None or value == "":
        return None
    rows: list[dict[str, Any]] = []
    if isinstance(value, str):
        for part in value.split(","):
            length, _, target = part.strip().rpartition(":")
            if not length:
                raise OptionError(name, f"{part!r} is no stage: write DURATION:TARGET, such as 10s:5")
            rows.append(
                {"duration": duration(name, length, units=units), "target": integer(f"target of {name}", target) or 0}
            )
        return rows
    if not isinstance(value, Sequence):
        raise OptionError(name, f"is a list of stages, not {_shown(value)}")
    for number, each in enumerate(cast("Sequence[Any]", value)):
        fields = dict(mapping(f"{name}[{number}]", each))
        length = duration(f"{name}[{number}].duration", fields.get("duration"))
        target = integer(f"{name}[{number}].target", fields.get("target"))
        if target is not None and target < 0:
            raise OptionError(f"{name}[{number}].target", "must not be negative")
        if unknown := set(fields) - {"duration", "target", "name"}:
            raise OptionError(f"{name}[{number}]", f"has no field {sorted(unknown)[0]!r}")
        if length is not None:
            rows.append({"duration": length, "target": target or 0})
    return rows


def _go_duration(name: str, given: str) -> float:
    days = _DAYS.fullmatch(given)
    try:
        if days is not None:
            rest = parse_duration(days[2]) if days[2] else 0.0
            return float(days[1]) * 86_400.0 + rest
        return parse_duration(given)
    except ValueError:
        raise OptionError(name, f'{given!r} is no duration: write it as "30s", "1m30s" or "500ms"') from None


def _plain(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (int, float)):
        return str(value)
    raise OptionError(name, f"is a text, not {_shown(value)}")


def _shown(value: Any) -> str:
    import json  # noqa: PLC0415 - only for messages

    return json.dumps(value)
