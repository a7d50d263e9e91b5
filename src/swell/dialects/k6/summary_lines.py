"""Lines of metrics in k6's summary: a name, dots, and columns that stand one below the other.

Rules: pure. Widths are those of the plain text, colours come after. The longest name gets three dots. Values that are
missing (scripts change what they hand over) are left out, never an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, cast

from swell.dialects.k6.summary_numbers import figure, percent, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Colour",
    "Fields",
    "Row",
    "check_line",
    "display_name",
    "fields",
    "items",
    "metric_lines",
    "number",
    "paint",
    "sub_metric_tags",
]

Colour: TypeAlias = Literal["green", "red", "cyan", "faint", "bold", ""]
Fields: TypeAlias = "Mapping[str, Any]"
_CODES = {"green": "32", "red": "31", "cyan": "36", "faint": "2", "bold": "1"}


class Row(NamedTuple):
    """One metric to show: its name as shown and its data; `mark` stands before the name in the old layout."""

    name: str
    metric: Mapping[str, Any]
    mark: str = ""


class _Cells(NamedTuple):
    value: str
    extra: list[str]
    trend: list[str]


def paint(text: str, colour: Colour, *, on: bool) -> str:
    """The text in a colour, if colours are on."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if on and colour else text


def fields(data: Fields, key: str) -> Fields:
    """What the data has under a key, as a mapping; empty for none."""
    return cast("Fields", data.get(key) or {})


def items(data: Fields, key: str) -> list[Fields]:
    """What the data has under a key, as a list of mappings; empty for none."""
    return list(cast("Sequence[Fields]", data.get(key) or []))


def number(value: object, default: float = 0.0) -> float:
    """A number of the data; `default` for anything else."""
    return float(value) if isinstance(value, int | float) else default


def sub_metric_tags(name: str) -> str:
    """What stands between the braces of "metric{tag:value}"; empty for a whole metric."""
    _, brace, rest = name.partition("{")
    return rest.rpartition("}")[0] if brace else ""


def display_name(name: str) -> str:
    """The name of a line: "  { tag:value }" for a part of a metric."""
    tags = sub_metric_tags(name)
    return f"  {{ {tags} }}" if tags else name


def metric_lines(
    rows: Sequence[Row], stats: Sequence[str], unit: str, *, classic: bool = False, colours: bool = False
) -> list[str]:
    """One line for each row, without indent."""
    cells = [_cells(row.metric, stats, unit, classic=classic) for row in rows]
    name_width = max((len(row.name) for row in rows), default=0) + 3
    value_width = max((len(each.value) for each in cells if not each.trend), default=0)
    trend_widths = _widths([each.trend for each in cells])
    extra_widths = _widths([each.extra for each in cells])
    lines: list[str] = []
    for row, each in zip(rows, cells, strict=True):
        dots = paint("." * (name_width - len(row.name)) + ":", "faint", on=colours)
        if each.trend:
            shown = _padded(each.trend, trend_widths)
            columns = [paint(text, "cyan", on=colours) for text in shown]
        else:
            columns = [paint(each.value.ljust(value_width), "cyan", on=colours)]
            # A single one is not padded: nothing stands behind it.
            extra = _padded(each.extra, extra_widths) if len(each.extra) > 1 else each.extra
            columns += [paint(text, "cyan", on=colours) for text in extra]
        lines.append(f"{row.mark}{row.name}{dots} {' '.join(columns)}")
    return lines


def check_line(check: Fields, indent: str, *, colours: bool, deeper: int = 2) -> list[str]:
    """A check: one line when it always held; else the counts on a second one, `deeper` columns further right."""
    passes, fails = number(check.get("passes")), number(check.get("fails"))
    name = str(check.get("name", ""))
    if not fails:
        return [indent + paint(f"✓ {name}", "green", on=colours)]
    total = passes + fails
    counts = f"↳  {int(100 * passes / total)}% — ✓ {plain(passes)} / ✗ {plain(fails)}"
    return [indent + paint(f"✗ {name}", "red", on=colours), indent + " " * deeper + paint(counts, "red", on=colours)]


def _cells(metric: Mapping[str, Any], stats: Sequence[str], unit: str, *, classic: bool) -> _Cells:
    values = fields(metric, "values")
    contains = str(metric.get("contains", "default"))

    def shown(key: str) -> str:
        return figure(number(values.get(key)), contains, unit)

    match metric.get("type"):
        case "counter":
            # The rate is missing in a run of no length.
            rate = [f"{shown('rate')}/s"] if "rate" in values else []
            return _Cells(shown("count"), rate, [])
        case "gauge":
            return _Cells(shown("value"), [f"min={shown('min')}", f"max={shown('max')}"], [])
        case "rate":
            passes, fails = number(values.get("passes")), number(values.get("fails"))
            share = percent(number(values.get("rate")))
            if classic:
                return _Cells(share, [f"✓ {plain(passes)}", f"✗ {plain(fails)}"], [])
            return _Cells(share, [f"{plain(passes)} out of {plain(passes + fails)}"], [])
        case _:
            texts = {stat: shown(stat) for stat in stats if stat in values}
            if "count" in texts:
                texts["count"] = plain(number(values["count"]))
            return _Cells("", [], [f"{stat}={text}" for stat, text in texts.items()])


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    most = max((len(row) for row in rows), default=0)
    return [max((len(row[place]) for row in rows if place < len(row)), default=0) for place in range(most)]


def _padded(texts: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [text.ljust(width) for text, width in zip(texts, widths, strict=False)]
