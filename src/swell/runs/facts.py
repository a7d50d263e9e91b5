"""Facts about where a run happened: versions and machine.

Rules: never fails; a fact that cannot be had is left out. Nothing is sent anywhere.
"""

from __future__ import annotations

import platform
from importlib import metadata

from swell.coordinator.cpus import available_cpus
from swell.runs.record import HostFacts

__all__ = ["host_facts", "versions"]

# What makes a difference to measured figures.
_LIBRARIES = ("swell", "greenlet", "httptools", "numpy", "uvloop")


def versions() -> dict[str, str]:
    """Versions of Swell, Python and the libraries on the measuring path."""
    found: dict[str, str] = {}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {**found, "python": platform.python_version()}


def host_facts() -> HostFacts:
    """This machine: processors are those this process may use, memory in bytes."""
    return HostFacts(
        name=platform.node(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}".strip(),
        cpus=available_cpus(),
        memory=_memory(),
    )


def _memory() -> int:
    import psutil  # noqa: PLC0415 - slow to import, needed once

    return int(psutil.virtual_memory().total)
