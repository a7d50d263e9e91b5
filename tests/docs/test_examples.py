"""What the pages show works: complete tests are accepted, thresholds are read, the summary has the fields told."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from swell.cli.main import main
from swell.model.threshold import parse_declared
from swell.report.summary_json import summary_document
from swell.runs.record import Run
from tests.docs.pages import Block, Page, code_words, page, pages

PYTHON = [(shown, block) for shown in pages() for block in shown.blocks if block.language == "python"]
COMPLETE = [(shown, block) for shown, block in PYTHON if block.title.endswith(".py")]
SNIPPETS = [(shown, block) for shown, block in PYTHON if not block.title]


def name_of(value: object) -> str | None:
    return value.name if isinstance(value, Page) else f"{value.line}" if isinstance(value, Block) else None


@pytest.mark.parametrize(("shown", "block"), COMPLETE, ids=name_of)
def test_complete_tests_are_accepted(
    shown: Page, block: Block, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`swell check` accepts each Python block that is titled as a file."""
    for other in shown.blocks:
        if other.title:
            (tmp_path / other.title).write_text(other.body, encoding="utf-8")
    path = tmp_path / block.title
    path.write_text(block.body, encoding="utf-8")
    assert main(["check", str(path)]) == 0, capsys.readouterr().err
    assert "Workload" in capsys.readouterr().out


@pytest.mark.parametrize(("shown", "block"), PYTHON, ids=name_of)
def test_python_blocks_compile(shown: Page, block: Block) -> None:
    """Each Python block is Python."""
    compile(block.body, f"{shown.name}:{block.line}", "exec")


@pytest.mark.parametrize(("shown", "block"), SNIPPETS, ids=name_of)
def test_thresholds_of_snippets_are_read(shown: Page, block: Block) -> None:
    """A block that only declares thresholds declares valid ones."""
    for node in ast.parse(block.body).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "thresholds":
            assert parse_declared(ast.literal_eval(node.value))


def test_threshold_lines_are_read() -> None:
    """Each plain line in thresholds.md that starts like a threshold is one."""
    lines = [
        line
        for block in page("thresholds").blocks
        if block.language == "text"
        for line in block.body.splitlines()
        if line.startswith("http_") and ": " in line
    ]
    assert lines
    for line in lines:
        assert parse_declared(line)


def test_every_field_of_the_summary_is_documented() -> None:
    """Each field at the top of the JSON summary stands in a table of command-line.md."""
    run = Run(id="x", name="x", plan=None, started=0.0, ended=0.0, duration=0.0)  # type: ignore[arg-type]
    assert sorted(set(summary_document(run)) - code_words(page("command-line").text)) == []
