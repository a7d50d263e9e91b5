"""What another thread tells gevent is heard at once, not at the guest's next regular turn."""

from __future__ import annotations

from tests.blocking import cases_signals as cases
from tests.blocking.conftest import Run


def test_other_threads_wake_the_guest(run: Run) -> None:
    """Name look-ups and thread pools of gevent end although no regular turn comes."""
    assert run(cases.look_ups) == ["127.0.0.1", True]
