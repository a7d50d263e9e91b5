"""The start form of `swell run` as options, and plans whose users can be changed."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.cli.desk import RunDesk, as_steered
from swell.cli.desk_form import command_of, fields_of, options_of
from swell.cli.mistakes import Mistake
from swell.cli.run import command
from swell.model.plan import ArrivalStages, Plan, Share, Source, Stage, SteeredUsers, UserStages, Workload
from swell.model.profiles import constant_users, duration, planned_iterations, ramp_users, stages, user_steps
from tests.web.conftest import make_live


def typed(*words: str) -> dict[str, Any]:
    """The options of a command line, by parameter name."""
    return command.make_context("run", ["load.py", *words]).params


def plan_of(*profiles: Any) -> Plan:
    """A plan with one workload for each profile."""
    workloads = tuple(Workload(f"w{at}", (Share("A"),), profile) for at, profile in enumerate(profiles))
    return Plan(Source("x:y", "load.py"), workloads)


def sent(values: dict[str, Any], **changes: str) -> dict[str, Any]:
    """The form as a browser sends it: every field, some of them changed."""
    return {**{field.name: str(field.value) for field in fields_of(values)}, **changes}


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("-u", "5", "-r", "0.5", "-t", "90s", "-H", "http://127.0.0.1:1", "--name", "n"),
        ("--rate", "200/s", "-t", "1m", "-u", "20"),
        ("--stage", "30s:10", "-u", "3"),
        ("--profile", "soak", "-H", "https://me:secret@127.0.0.1"),
    ],
)
def test_a_form_that_nobody_changed_is_the_command_line(words: tuple[str, ...]) -> None:
    """What was typed comes back as it was, secrets within it are not shown, and nothing is added to the command."""
    values = typed(*words)
    form = sent(values)
    assert "secret" not in str(form)
    found = options_of(form, values)
    assert {name: value or None for name, value in found.items()} == {n: v or None for n, v in values.items()}
    assert command_of(form, values) == []


def test_what_the_form_says_counts() -> None:
    """Changed fields win, empty ones are not given; another load takes the place of typed stages."""
    values = typed("-u", "5", "--stage", "30s:10", "-H", "http://127.0.0.1:1")
    form = sent(values, users="20", duration="2m", host="http://127.0.0.1:2")
    found = options_of(form, values)
    assert (found["users"], found["duration"], found["host"], found["stage"]) == (20, 120.0, "http://127.0.0.1:2", ())
    assert command_of(form, values) == ["--users=20", "--duration=2m", "--host=http://127.0.0.1:2"]
    assert options_of(sent(values, host=""), values)["host"] == "http://127.0.0.1:1"
    assert options_of(sent(values, duration="1m"), values)["stage"] == ((30.0, 10),)
    assert options_of(sent(values, users=""), values)["users"] is None


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("users", "0", "--users"),
        ("duration", "soon", "--duration"),
        ("host", "nowhere", "--host"),
        ("rate", "x", "--rate"),
    ],
)
def test_mistakes_name_the_option(field: str, value: str, told: str) -> None:
    """What cannot be read is told at the form in the words of the command line."""
    with pytest.raises(Mistake, match=told):
        options_of(sent(typed(), **{field: value}), typed())


@given(st.integers(1, 40), st.sampled_from([0.1, 1.0, 3.0, 7.5, math.inf]), st.integers(1, 500))
def test_a_steered_plan_makes_the_same_load(users: int, rate: float, seconds: int) -> None:
    """Users come at the same times, and the load ends at the same time."""
    profile = ramp_users(users, rate, float(seconds))
    found = as_steered(plan_of(profile))
    if found is None:
        assert (users - 1) / rate >= seconds  # it never gets there: no steady number of users
        return
    steered = found.workloads[0].profile
    assert isinstance(steered, SteeredUsers)
    assert duration(steered) == pytest.approx(seconds)
    planned, conducted = list(user_steps(profile)), list(user_steps(steered))
    assert [count for _, count in planned] == [count for _, count in conducted]
    assert [at for at, _ in planned] == pytest.approx([at for at, _ in conducted])


@pytest.mark.parametrize(
    "profiles",
    [
        (stages(0, [(10, 5)]),),
        (stages(1, [(10, 5), (10, 0)]),),
        (UserStages((Stage(10.0, 2.5),), 2.5),),
        (ArrivalStages((Stage(10.0, 5.0),), 5.0, spacing="poisson"),),
        (ArrivalStages((Stage(10.0, 5.0),), 5.0), constant_users(3, 10)),
        (SteeredUsers(0),),
        (constant_users(2, 10), constant_users(3, 10)),
    ],
)
def test_schedules_stay_schedules(profiles: tuple[Any, ...]) -> None:
    """Loads that are no steady number of users, or several, are conducted as they are, and their users not changed."""
    plan = plan_of(*profiles)
    assert as_steered(plan) is None
    desk = RunDesk({})
    assert desk.conducted(plan) is plan
    assert (desk.desk.can_steer, desk.stored(plan)) == (False, plan)
    assert "cannot be changed" in desk.desk._steer({"users": "3"})  # type: ignore[misc]


def test_arrivals_get_another_rate() -> None:
    """The form asks for the rate alone; a change begins at a whole second to come, and is what the run is stored as."""
    plan = plan_of(ArrivalStages((Stage(60.0, 5.0),), 5.0))
    desk = RunDesk(typed())
    told: list[Any] = []

    class Page:
        live = make_live(seconds=7)
        wanted: ClassVar[dict[str, Any]] = {}

        def steer(self, targets: Any) -> str:
            self.wanted.update({target.workload: target for target in targets})
            return ""

        def say(self, level: str, text: str) -> None:
            told.append((level, text))

    desk.page = Page()  # type: ignore[assignment]
    assert desk.conducted(plan) is plan
    assert desk.stored(plan) is plan
    assert [field.name for field in desk.desk.fields if field.steers] == ["rate"]
    assert desk.desk.current == {"rate": "5/s"}
    assert desk.desk.steer({"rate": "none"}).startswith("--rate")
    assert desk.desk.steer({"rate": ""}) == "how many arrivals per second?"
    assert desk.desk.steer({"rate": "20/s"}) == ""
    assert told == [("warning", "arrivals changed to 20/s from 9 s on, on the live page")]
    profile = desk.stored(plan).workloads[0].profile
    assert Page.wanted["w0"].profile == profile
    assert (planned_iterations(profile), duration(profile)) == (9 * 5 + 51 * 20, 60.0)
    assert desk.desk.current == {"rate": "20/s"}
    Page.live.elapsed = 59.0
    assert "does not go on" in desk.desk.steer({"rate": "1/s"})
    assert desk.stored(plan).workloads[0].profile == profile
