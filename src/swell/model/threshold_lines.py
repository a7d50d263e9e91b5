"""A file of thresholds: one criterion a line.

Rules: blank lines and lines that begin with # say nothing. Everything wrong in it is told with its line; a file without
any criterion is a mistake too, since it was named to judge by. Takes the file's text: reading it is the caller's.
"""

from __future__ import annotations

from swell.model.threshold_grammar import parse_threshold
from swell.model.threshold_tokens import ThresholdError

__all__ = ["threshold_lines"]


def threshold_lines(text: str, name: str) -> tuple[str, ...]:
    """The criteria in the text of the file `name`. ValueError with the file and line of each that cannot be read."""
    found: list[str] = []
    wrong: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        criterion = line.strip()
        if not criterion or criterion.startswith("#"):
            continue
        try:
            found.append(parse_threshold(criterion).source)
        except ThresholdError as error:
            wrong.append(f"{name}:{number}: {error}")
    if wrong:
        raise ValueError("\n".join(wrong))
    if not found:
        raise ValueError(f"{name}: there is no threshold in this file")
    return tuple(found)
