"""The pages hang together: links lead somewhere, the navigation has every page, nothing calls another site."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, Page, pages

EVERY = pages()


@pytest.mark.parametrize("shown", EVERY, ids=lambda shown: shown.name)
def test_links_resolve(shown: Page) -> None:
    """Each link within the repository leads to a file, and each anchor to a heading of it."""
    for target in shown.links:
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (shown.path.parent / file).resolve() if file else shown.path
        assert path.exists(), f"{shown.name}: {target} leads nowhere"
        assert path.is_relative_to(ROOT), f"{shown.name}: {target} leaves the repository"
        if shown.path.parent == DOCS:
            assert path.is_relative_to(DOCS), f"{shown.name}: {target} is not part of the site"
        if anchor:
            assert anchor in Page(path).anchors, f"{shown.name}: {target} has no such heading"


def test_navigation_lists_every_page() -> None:
    """The nav of mkdocs.yml has each page of docs/ exactly once, and no other."""
    lines = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2].splitlines()
    listed = [match[1] for line in lines if (match := re.search(r": (\S+\.md)$", line))]
    assert sorted(listed) == sorted(path.name for path in DOCS.glob("*.md"))


def test_pages_have_one_title() -> None:
    """Each page starts with its title and has no other of the first level."""
    for shown in EVERY:
        assert shown.text.startswith("# "), shown.name
        assert len(re.findall(r"^# ", shown.prose, re.MULTILINE)) == 1, shown.name


def test_pictures_call_nobody() -> None:
    """Pictures load nothing from another site."""
    pictures = list((DOCS / "images").glob("*.svg"))
    assert pictures
    for picture in pictures:
        text = picture.read_text(encoding="utf-8")
        assert not re.search(r"@font-face|@import|href=|url\(['\"]?http", text), picture.name


def test_the_site_builds(tmp_path: Path) -> None:
    """The site builds without a warning, where mkdocs is installed."""
    pytest.importorskip("material", reason="mkdocs-material is not installed (pip install '.[docs]')")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "thresholds" / "index.html").exists()


def test_the_site_calls_nobody() -> None:
    """The site loads no fonts from elsewhere."""
    assert "font: false" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
