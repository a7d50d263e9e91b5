"""Errors of user code without the frames that are none of the user's business."""

from __future__ import annotations

import functools
import json

import pytest

from swell import FeederError
from swell.engine.tracebacks import user_traceback
from swell.http.proxy import parse_proxy
from swell.model.units import parse_duration


class Holder:
    """Calls this package through Python's own library."""

    @functools.cached_property
    def proxy(self) -> object:
        return parse_proxy("socks5://here:1")


def trace_of(error: BaseException) -> list[str]:
    return user_traceback(error).splitlines()


def test_only_frames_of_the_user_are_left() -> None:
    """Ours go, and so does the library between the user's frames and ours."""
    with pytest.raises(ValueError, match="socks5") as caught:
        _ = Holder().proxy
    lines = trace_of(caught.value)
    assert not [line for line in lines if "functools.py" in line or "swell/http" in line]
    assert sum("test_tracebacks.py" in line for line in lines) == 2
    assert lines[-1].startswith("ValueError: socks5://")


def test_the_library_that_the_user_called_stays() -> None:
    """Where nothing of ours is involved, the library's frames say what went wrong."""
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads("{")
    assert any("json" in line and "decoder.py" in line for line in trace_of(caught.value))


def test_our_exceptions_have_the_names_that_people_know() -> None:
    """No path of modules stands before them; those of others keep theirs."""
    assert trace_of(FeederError("feeder rows has no rows left"))[-1] == "FeederError: feeder rows has no rows left"
    assert trace_of(json.JSONDecodeError("odd", "x", 0))[-1].startswith("json.decoder.JSONDecodeError: odd")
    with pytest.raises(ValueError, match="soon") as caught:
        parse_duration("soon")
    assert "units.py" not in user_traceback(caught.value)
