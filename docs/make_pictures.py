"""Makes the picture of these pages from a real run: `python docs/make_pictures.py`.

Rules: runs `swell demo` in a temporary folder and draws the record it leaves, as a terminal would show it. It
refers to no other site.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from swell.report.terminal import print_summary
from swell.runs.store import open_store

IMAGES = Path(__file__).parent / "images"
WIDTH = 112
# rich refers to fonts on another site; a page must not call one.
WEB_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
CREDITS = re.compile(r"<!--.*?-->\s*")
# Its class names hold a checksum of the content; a fixed one keeps differences small.
CHECKSUM = re.compile(r"terminal-\d+")


def draw(console: Console, name: str, title: str) -> None:
    """Write what the console has recorded."""
    svg = console.export_svg(title=title)
    svg = CHECKSUM.sub(f"swell-{name}", CREDITS.sub("", WEB_FONTS.sub("", svg)))
    svg = "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"
    (IMAGES / f"{name}.svg").write_text(svg, encoding="utf-8")


def screen() -> Console:
    """A terminal that remembers."""
    return Console(
        record=True,
        file=io.StringIO(),
        width=WIDTH,
        force_terminal=True,
        color_system="truecolor",
        markup=False,
        highlight=False,
        emoji=False,
    )


def main() -> None:
    """Run the demo and draw its end."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "swell", "demo", "--quiet"]
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)  # noqa: S603 - our own
        if done.returncode != 0:
            raise SystemExit(f"this run shows nothing worth a picture:\n{done.stdout}{done.stderr}")
        store = open_store(str(Path(folder) / ".swell" / "runs.db"))
        run = store.run(store.find("last"))
        store.close()
    IMAGES.mkdir(exist_ok=True)
    console = screen()
    print_summary(run, console)
    draw(console, "summary", "swell demo")


if __name__ == "__main__":
    main()
