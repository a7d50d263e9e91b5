"""Errors of user code without the frames that are none of the user's business."""

from __future__ import annotations

import functools
import json

import pytest

from swell import FeederError
from swell.engine.tracebacks import user_traceback
from swell.model.units import parse_duration


class Holder:
    """Calls this package through Python's own library, as `HttpUser.client` does."""

    length = functools.cached_property(parse_duration)  # type: ignore[arg-type]


def trace_of(error: BaseException) -> list[str]:
    return user_traceback(error).splitlines()


def test_only_frames_of_the_user_are_left() -> None:
    """Ours go, and so does the library between the user's frames and ours."""
    with pytest.raises((TypeError, ValueError)) as caught:
        _ = Holder().length
    lines = trace_of(caught.value)
    assert not [line for line in lines if "functools.py" in line or "swell/model" in line]
    assert sum("test_tracebacks.py" in line for line in lines) == 1


def test_the_library_that_the_user_called_stays() -> None:
    """Where nothing of ours is involved, the library's frames say what went wrong."""
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads("{")
    assert any("json" in line and "decoder.py" in line for line in trace_of(caught.value))


def test_our_exceptions_have_the_names_that_people_know() -> None:
    """No path of modules stands before them; those of others keep theirs."""
    with pytest.raises(FeederError) as raised:
        raise FeederError("feeder rows has no rows left")
    assert trace_of(raised.value)[-1] == "FeederError: feeder rows has no rows left"
    assert trace_of(json.JSONDecodeError("odd", "x", 0))[-1].startswith("json.decoder.JSONDecodeError: odd")
    with pytest.raises(ValueError, match="soon") as caught:
        parse_duration("soon")
    assert "units.py" not in user_traceback(caught.value)


def test_a_text_for_people_stands_alone() -> None:
    """A class of ours says nothing to people who have no line in the traceback."""
    assert user_traceback(FeederError("no rows are left")) == "no rows are left"
    assert user_traceback(KeyError("k")) == "KeyError: 'k'"
