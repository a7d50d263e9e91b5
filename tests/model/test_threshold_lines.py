"""Files of thresholds: what they may hold, and what is said of mistakes."""

from __future__ import annotations

import pytest

from swell.model.threshold_lines import threshold_lines

TEXT = """\
# What we promise.

http_req_duration: p(95) < 500ms
   http_req_failed: rate < 1%
"""


def test_criteria():
    """Each line is one criterion; comments, blank lines and indentation are not."""
    assert threshold_lines(TEXT, "x.txt") == ("http_req_duration: p(95) < 500ms", "http_req_failed: rate < 1%")


def test_mistakes_have_lines():
    """Every line that cannot be read is told, with file and line."""
    with pytest.raises(ValueError, match=r"criteria\.txt:1: ") as caught:
        threshold_lines("http_req_duration p95\n\nhttp_reqs: rate > 1/s\nx: avg << 3", "criteria.txt")
    assert "criteria.txt:4: " in str(caught.value)
    assert "criteria.txt:3" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n"])
def test_no_criteria(text):
    """A file that judges nothing is a mistake."""
    with pytest.raises(ValueError, match="no threshold"):
        threshold_lines(text, "empty.txt")
