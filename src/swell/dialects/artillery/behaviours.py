"""Names of scenarios, as behaviours of a plan.

Rules: pure. A scenario is called by its name, one without a name by its number; of several with one name the later ones
have their number behind it.
"""

from __future__ import annotations

from typing import Any

__all__ = ["behaviour_names"]


def behaviour_names(scenarios: list[dict[str, Any]]) -> list[str]:
    """One name for each scenario, all different."""
    names: list[str] = []
    for index, scenario in enumerate(scenarios):
        name = str(scenario.get("name") or f"scenario {index}")
        names.append(f"{name} #{index}" if name in names else name)
    return names
