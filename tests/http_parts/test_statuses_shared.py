"""Sets of statuses cost once, not once a user."""

from __future__ import annotations

from swell.http.statuses import status_set


def test_equal_wishes_share_one_set():
    """What thousands of users say alike is one set in memory; lists work too."""
    assert status_set(((200, 399), (429, 429))) is status_set(((200, 399), (429, 429)))
    assert status_set([200, "4xx"]) == status_set((200, (400, 499)))
