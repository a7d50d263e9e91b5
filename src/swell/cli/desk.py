"""What a person can do on the page of `swell run`: start runs (`starts`), and change the load of the one that goes on.

Rules: a plan whose users stay at one number (after a ramp up, if it has one) is conducted as one whose users can be
steered; it makes the same load, and is stored as it was, so that runs stay comparable. Evenly spaced arrivals can get
another rate. Only if somebody did change the load it is stored as what it became, with a note.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from swell.cli.desk_form import command_of, fields_of, options_of, read
from swell.cli.mistakes import Mistake
from swell.coordinator.steering import ArrivalTarget, SteerTarget
from swell.model.plan import SteeredUsers, UserStages
from swell.model.profiles import rate_at
from swell.model.rate_changes import is_changeable, with_rate
from swell.web.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from swell.model.plan import Plan, Profile
    from swell.runs.record import Run
    from swell.web.page import LivePage

__all__ = ["RunDesk", "as_steered"]

_CHANGED = "the load was changed on the live page"
_FIXED = "the load of this test is a schedule: it cannot be changed while it runs"
_NOTICE = 2.0
"""Whole seconds ahead that a rate is changed: every worker must have heard of it by then."""


class RunDesk:
    """The desk of one page. `values`: the options that were typed, by parameter name; empty where that is not known."""

    def __init__(self, values: Mapping[str, Any], *, starts: bool = False, title: str = "") -> None:
        self.page: LivePage = None  # type: ignore[assignment]  # set before anybody asks
        self._typed = values
        self._wanted: Mapping[str, Any] | None = None
        self._steered: Plan | None = None
        """The plan that can be changed, as it stands; None if the load that goes on is a schedule."""
        self.desk = Desk(
            fields=fields_of(values), start=self._start if starts else None, steer=self._steer, title=title
        )

    @property
    def is_asked(self) -> bool:
        """Whether somebody wants a run."""
        return self._wanted is not None

    def take(self) -> tuple[dict[str, Any], list[str]]:
        """What is wanted: the options of the run, and what they add to the command line. Raises Mistake."""
        form, self._wanted = self._wanted or {}, None
        return options_of(form, self._typed), command_of(form, self._typed)

    def conducted(self, plan: Plan) -> Plan:
        """The plan to conduct so that its users can be changed, where that can be; the same load."""
        self._steered = as_steered(plan) or _arriving(plan)
        self.desk.steerable = self._steered is not None
        self.desk.current = {} if self._steered is None else _current(self._steered)
        for field in self.desk.fields:
            field.steers = field.name in self.desk.current
        return self._steered or plan

    def stored(self, plan: Plan) -> Plan:
        """The plan that says what was done, after the run."""
        return self._steered if self._steered is not None and self.page.wanted else plan

    def note(self, run: Run) -> None:
        """Say what a reader of the run must know."""
        if self._steered is not None and self.page.wanted:
            run.notes.append(_CHANGED)

    def _start(self, form: Mapping[str, Any]) -> str:
        if self.page.running or self._wanted is not None:
            return "a test is running"
        try:
            options_of(form, self._typed)
        except Mistake as mistake:
            return _words(mistake)
        self._wanted = dict(form)
        return ""

    def _steer(self, form: Mapping[str, Any]) -> str:
        if self._steered is None:
            return _FIXED
        try:
            if is_changeable(self._steered.workloads[0].profile):
                return self._steer_arrivals(self._steered, read(form, "rate"))
            return self._steer_users(self._steered, read(form, "users"), read(form, "spawn_rate"))
        except Mistake as mistake:
            return _words(mistake)

    def _steer_users(self, plan: Plan, users: int | None, spawn_rate: float | None) -> str:
        if users is None:
            return "how many users?"
        target = SteerTarget(plan.workloads[0].name, users, math.inf if spawn_rate is None else spawn_rate)
        trouble = self.page.steer([target])
        if not trouble:
            self.page.say("warning", f"users changed to {users} on the live page")
        return trouble

    def _steer_arrivals(self, plan: Plan, rate: float | None) -> str:
        if rate is None:
            return "how many arrivals per second?"
        (workload,) = plan.workloads
        live = self.page.live
        at = math.ceil(0.0 if live is None else live.elapsed) + _NOTICE
        assert is_changeable(workload.profile), "nothing else gets here"
        try:
            profile = with_rate(workload.profile, at - workload.start_time, rate)
        except ValueError:
            return f"at {at:g} s, when a change would take effect, the load does not go on"
        trouble = self.page.steer([ArrivalTarget(workload.name, profile)])
        if not trouble:
            self._steered = _with_profile(plan, profile)
            self.page.say("warning", f"arrivals changed to {rate:g}/s from {at:g} s on, on the live page")
        return trouble


def as_steered(plan: Plan) -> Plan | None:
    """The plan with users that can be changed while it runs; None if its load is no steady number of users."""
    if len(plan.workloads) != 1:
        return None
    (workload,) = plan.workloads
    profile = _steered(workload.profile)
    return None if profile is None else _with_profile(plan, profile)


def _arriving(plan: Plan) -> Plan | None:
    """The plan, if it is one of arrivals whose rate can be changed."""
    return plan if len(plan.workloads) == 1 and is_changeable(plan.workloads[0].profile) else None


def _with_profile(plan: Plan, profile: Profile) -> Plan:
    (workload,) = plan.workloads
    return msgspec.structs.replace(plan, workloads=(msgspec.structs.replace(workload, profile=profile),))


def _steered(profile: Profile) -> SteeredUsers | None:
    if isinstance(profile, SteeredUsers):
        return profile if profile.users else None
    if not isinstance(profile, UserStages):
        return None
    lines: Sequence[tuple[float, float]] = [(stage.duration, stage.target) for stage in profile.stages]
    match lines:
        case [(length, users)] if profile.start == users and users >= 1 and users == int(users):
            return SteeredUsers(int(users), math.inf, length)
        case [(climb, users), (hold, level)] if profile.start == 1 and users == level > 1 and climb > 0:
            if users == int(users):
                return SteeredUsers(int(users), (users - 1) / climb, climb + hold)
        case _:
            pass
    return None


def _current(plan: Plan) -> dict[str, Any]:
    profile = plan.workloads[0].profile
    if is_changeable(profile):
        return {"rate": f"{rate_at(profile, 0.0):g}/s"}
    assert isinstance(profile, SteeredUsers)
    return {"users": profile.users, "spawn_rate": "" if math.isinf(profile.spawn_rate) else profile.spawn_rate}


def _words(mistake: Mistake) -> str:
    return " ".join(part for part in (mistake.message, mistake.hint) if part)
