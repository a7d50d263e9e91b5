"""The page on outputs says everything that can be asked for."""

from __future__ import annotations

import re
from pathlib import Path

from swell.outputs.batch import PERCENTILES
from swell.outputs.files import COLUMNS
from swell.outputs.registry import OUTPUTS
from tests.docs.pages import code_words, first_cells, page


def test_every_output_and_column_is_documented() -> None:
    """Names of outputs stand in the first table, columns and percentiles somewhere on the page."""
    shown = page("outputs")
    names = {cell.partition("=")[0] for cell in first_cells(shown)}
    assert OUTPUTS.keys() <= names
    words = code_words(shown.text)
    assert set(COLUMNS) | {name for name, _ in PERCENTILES} <= words


def test_every_variable_is_documented() -> None:
    """Environment variables that the registry and InfluxDB read."""
    source = Path(__file__).parents[2] / "src/swell/outputs"
    read = {
        name
        for file in ("registry.py", "influxdb.py")
        for name in re.findall(r'env(?:\.get\(|\[)"([A-Z_]+)"', (source / file).read_text())
    }
    assert read
    assert read <= code_words(page("outputs").text)
