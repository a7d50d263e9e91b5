"""`run_single_user`: one user of a file, for a debugger (the module `locust.debug`).

Rules: files call it when Python runs them directly, where `locust` is Locust's own. Within a test of Swell it says what
to do instead.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from swell.dialects.locust.users import User

__all__ = ["run_single_user"]


def run_single_user(user_class: type[User], **_: Any) -> NoReturn:
    """Not from within a test: says how to run one user."""
    file = sys.modules[user_class.__module__].__file__ or "FILE"
    raise RuntimeError(
        f"run_single_user({user_class.__name__}) is for `python {file}` with Locust installed; with Swell run "
        f"swell locust -f {file} --headless -u 1 {user_class.__name__}"
    )
