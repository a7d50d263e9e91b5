"""The module k6/experimental/streams: readable and writable streams, which live wholly in streams.js."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

from swell.dialects.javascript import HostModule

__all__ = ["modules"]


def modules() -> Mapping[str, HostModule]:
    """The module k6/experimental/streams."""
    source = resources.files(__package__ or "").joinpath("streams.js").read_text("utf-8")
    return {"k6/experimental/streams": HostModule({}, source)}
