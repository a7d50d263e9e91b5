"""Settings of the property tests of the model."""

from __future__ import annotations

from hypothesis import settings

# No deadline: a slow machine is no failure, and pytest's own timeout catches what hangs.
settings.register_profile("swell", deadline=None)
settings.load_profile("swell")
