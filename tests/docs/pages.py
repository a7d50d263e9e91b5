"""The pages as the tests read them: text, fenced blocks, links, anchors.

Rules: only what the pages use of Markdown. A Python block with a title that ends in .py is a complete test; blocks with
other titles on the same page are files beside it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_FENCE = re.compile(
    r'^```(?P<language>\w+)?(?: title="(?P<title>[^"]+)")?\n(?P<body>.*?)^```$', re.MULTILINE | re.DOTALL
)
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (?P<text>.+)$", re.MULTILINE)


class Block(NamedTuple):
    """One fenced block; `line` is that of its first line of content."""

    language: str
    title: str
    body: str
    line: int


class Page:
    """One Markdown file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.relative_to(ROOT).as_posix()
        self.text = path.read_text(encoding="utf-8")

    @property
    def blocks(self) -> list[Block]:
        """The fenced blocks in order."""
        return [
            Block(
                match["language"] or "",
                match["title"] or "",
                match["body"],
                self.text.count("\n", 0, match.start()) + 2,
            )
            for match in _FENCE.finditer(self.text)
        ]

    @property
    def prose(self) -> str:
        """The text without its fenced blocks."""
        return _FENCE.sub("", self.text)

    @property
    def links(self) -> list[str]:
        """The targets of all links and images."""
        return [match["target"] for match in _LINK.finditer(self.prose)]

    @property
    def anchors(self) -> set[str]:
        """The ids of the headings, as Python-Markdown makes them."""
        return {_slug(match["text"]) for match in _HEADING.finditer(self.prose)}


def _slug(heading: str) -> str:
    plain = re.sub(r"[^\w\s-]", "", heading.replace("`", "")).strip().lower()
    return re.sub(r"[-\s]+", "-", plain)


def page(name: str) -> Page:
    """The page docs/NAME.md."""
    return Page(DOCS / f"{name}.md")


def pages() -> list[Page]:
    """All pages of docs/, the README first."""
    return [Page(ROOT / "README.md"), *(Page(path) for path in sorted(DOCS.glob("*.md")))]


def code_words(text: str) -> set[str]:
    """What stands in backticks, outside of fenced blocks."""
    return set(re.findall(r"`([^`\n]+)`", _FENCE.sub("", text)))


def first_cells(page: Page) -> set[str]:
    """The words in backticks in the first column of all tables of a page."""
    rows = [line for line in page.prose.splitlines() if line.startswith("|")]
    return {word for row in rows for word in code_words(row.split("|")[1])}
