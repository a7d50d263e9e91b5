"""From file and options to the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.python.exceptions import OptionError
from swell.dialects.python.loader import load
from swell.dialects.python.options import RunOptions
from swell.model import profiles
from swell.model.plan import (
    ArrivalPolicy,
    ArrivalStages,
    HttpOptions,
    Plan,
    Share,
    SharedIterations,
    Stage,
    SteeredUsers,
    UserStages,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.model.plan import Source

A = "class A(User):\n    weight = 3\n    @task\n    def a(self): ...\n"
B = "class B(User):\n    fixed_count = 2\n    @task\n    def b(self): ...\n"


@pytest.fixture
def plan(write: Callable[..., Source]) -> Callable[..., Plan]:
    """The plan of a text with options."""

    def plan(text: str, **options: Any) -> Plan:
        return load(write(text)).plan(RunOptions(**options))

    return plan


def test_default_is_one_of_each(plan: Callable[..., Plan]) -> None:
    """Without any load, one user of each class runs for 10 seconds, or as long as asked."""
    (workload,) = plan(A + B).workloads
    assert workload.name == "default"
    assert workload.mix == (Share("A", fixed_count=1), Share("B", fixed_count=1))
    assert workload.profile == UserStages((Stage(10, 2),), 2)
    assert profiles.duration(plan(A, duration=3.0).workloads[0].profile) == 3
    assert plan(A).workloads[0].name == "A"


def test_own_loads(plan: Callable[..., Plan]) -> None:
    """Classes with loads make workloads of their own, several if they have several; others share the file's load."""
    text = (
        A
        + B
        + "A.load = [users(5, 10), arrivals(3, 10, start_time=10, tags={'k': 'v'})]\nload = ramp(20, 10, 60)\n"
        + "class C(User):\n    load = iterations(9, name='nine')\n    tasks = [lambda user: None]\n"
    )
    made = plan(text)
    assert [(w.name, w.mix) for w in made.workloads] == [
        ("A", (Share("A"),)),
        ("A 2", (Share("A"),)),
        ("nine", (Share("C"),)),
        ("B", (Share("B", fixed_count=2),)),
    ]
    assert made.workloads[1].start_time == 10
    assert made.workloads[1].tags == {"k": "v"}


def test_command_line_replaces_all_loads(plan: Callable[..., Plan]) -> None:
    """A load on the command line is shared by all classes by weight."""
    (workload,) = plan(A + "    load = users(1, 1)\n" + B, users=100, spawn_rate=10.0, duration=60.0).workloads
    assert workload.mix == (Share("A", 3.0), Share("B", 1.0, 2))
    assert profiles.users_at(workload.profile, 59) == 100
    assert profiles.users_at(workload.profile, 4.95) == 50


@pytest.mark.parametrize(
    ("options", "profile"),
    [
        ({"users": 5, "duration": 60.0}, UserStages((Stage(60, 5),), 5)),
        ({"users": 5}, SteeredUsers(5, float("inf"), None)),
        ({"users": 5, "spawn_rate": 2.0}, SteeredUsers(5, 2.0, None)),
        ({"stages": ((60, 10), (60, 0))}, UserStages((Stage(60, 10), Stage(60, 0)), 0)),
        ({"stages": ((60, 10),), "users": 3}, UserStages((Stage(60, 10),), 3)),
        ({"rate": 50.0, "duration": 10.0}, ArrivalStages((Stage(10, 50),), 50)),
        ({"rate_stages": ((10, 50.0),), "rate": 5.0}, ArrivalStages((Stage(10, 50),), 5)),
        ({"iterations": 7}, SharedIterations(1, 7, 600)),
        ({"iterations": 7, "users": 2, "duration": 5.0}, SharedIterations(2, 7, 5)),
    ],
)
def test_loads_of_the_command_line(plan: Callable[..., Plan], options: dict[str, Any], profile: Any) -> None:
    """Each kind of load that options can describe."""
    assert plan(A, **options).workloads[0].profile == profile


def test_users_cap_arrivals(plan: Callable[..., Plan]) -> None:
    """With a rate, --users is the most users that may be busy."""
    assert plan(A, rate=5.0, duration=1.0, users=9).workloads[0].policy == ArrivalPolicy(max_users=9)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"stages": ((1, 1),), "rate": 5.0}, "--stage and --rate describe different kinds"),
        ({"iterations": 5, "rate_stages": ((1, 1.0),)}, "--rate-stage and --iterations"),
        ({"rate": 5.0}, "--rate needs --duration"),
        ({"rate": 0.0, "duration": 5.0}, "--rate must be above 0"),
        ({"spawn_rate": 5.0}, "--spawn-rate needs --users"),
        ({"spawn_rate": 5.0, "rate": 5.0, "duration": 5.0}, "does not go with --rate"),
        ({"users": 5, "spawn_rate": 0.0}, "--spawn-rate must be above 0"),
        ({"users": 0}, "--users must be at least 1"),
        ({"iterations": 0}, "--iterations must be at least 1"),
        ({"profile": "smok"}, "there is no load profile 'smok'"),
        ({"profile": "smoke", "iterations": 5}, "no other load"),
        ({"profile": "smoke", "users": 5, "rate": 5.0}, "not both"),
        ({"only": ("Nobody",)}, "known: A"),
        ({"include_tags": ("x",)}, "no task is left"),
        ({"thresholds": ("p(95) <",)}, "--threshold"),
        ({"host": "localhost:8000"}, "write http://localhost:8000"),
        ({"host": "ftp://x"}, "no base URL"),
        ({"host": "http://"}, "no base URL"),
    ],
)
def test_contradictions(plan: Callable[..., Plan], options: dict[str, Any], problem: str) -> None:
    """Options that contradict each other or fit nothing are named."""
    with pytest.raises(OptionError) as caught:
        plan(A, **options)
    assert problem in str(caught.value)
    assert caught.value.for_people


def test_named_profiles(plan: Callable[..., Plan]) -> None:
    """A named profile goes with any file, with another peak and duration if given."""
    (workload,) = plan(A + B, profile="stress", users=8, duration=100.0).workloads
    assert profiles.peak_users(workload.profile) == 8
    assert profiles.duration(workload.profile) == pytest.approx(100)
    assert isinstance(plan(A, profile="spike", rate=5.0).workloads[0].profile, ArrivalStages)


PROFILES = """
thresholds = ["http_req_failed: rate < 1%"]
profiles = {
    "basic": users(7, 5),
    "peak": {"load": ramp(50, 10, 60), "thresholds": {"http_req_duration": ["p(95) < 1s"]}},
    "mixed": {"load": {"A": [users(1, 1), users(2, 2)], "B": arrivals(5, 5)}},
    "strict": {"thresholds": "checks: rate > 99%"},
}
"""


def test_profiles_of_the_file(plan: Callable[..., Plan]) -> None:
    """A profile replaces the load, or gives one to each class; its thresholds replace those of the file."""
    text = A + B + PROFILES
    basic, peak, mixed, strict = (plan(text, profile=name) for name in ("basic", "peak", "mixed", "strict"))
    assert profiles.peak_users(basic.workloads[0].profile) == 7
    assert [len(one.thresholds) for one in (basic, peak, mixed, strict)] == [1, 1, 1, 1]
    assert basic.thresholds != peak.thresholds
    assert "p(95)" in peak.thresholds[0]
    assert [workload.name for workload in mixed.workloads] == ["A", "A 2", "B"]
    assert "checks" in strict.thresholds[0]
    assert [workload.name for workload in plan(text, profile="mixed", only=("B",)).workloads] == ["B"]


def test_unknown_profile_lists_all(plan: Callable[..., Plan]) -> None:
    """An unknown name is answered with the file's profiles and those for any file."""
    with pytest.raises(OptionError, match="of the file: basic, peak, mixed, strict; for any file: smoke"):
        plan(A + B + PROFILES, profile="nothing")


def test_thresholds(plan: Callable[..., Plan]) -> None:
    """Thresholds of file and command line are texts that can be read again."""
    from swell.model.threshold import parse_threshold

    text = (
        A + "thresholds = {'http_req_duration': ['p(95) < 500ms, acceptable < 1s', 'avg<200'], 'checks': 'rate>0.9'}\n"
    )
    made = plan(text, thresholds=("http_req_failed: rate < 0.5%",))
    assert len(made.thresholds) == 4
    for one in made.thresholds:
        assert parse_threshold(one).source == one


def test_only(plan: Callable[..., Plan]) -> None:
    """--only takes names of classes, whose weights then count among themselves, and of workloads."""
    text = A + B + "class C(User):\n    load = users(1, 1, name='night')\n    tasks = [lambda user: None]\n"
    assert [w.mix for w in plan(text, only=("A",)).workloads] == [(Share("A", fixed_count=1),)]
    assert [w.name for w in plan(text, only=("night",)).workloads] == ["night"]
    assert [w.name for w in plan(text, only=("C", "default")).workloads] == ["night", "default"]
    (workload,) = plan(text, only=("A", "B"), users=4).workloads
    assert [share.behaviour for share in workload.mix] == ["A", "B"]


def test_tags_reach_the_workers(plan: Callable[..., Plan], write: Callable[..., Source]) -> None:
    """Classes without tasks left take no part, and the workers select the same tasks."""
    text = A + "class T(User):\n    @tag('x')\n    @task\n    def t(self): ...\n"
    made = plan(text, include_tags=("x",), tags={"release": "7"}, env={"K": "V"})
    assert [share.behaviour for share in made.workloads[0].mix] == ["T"]
    assert made.source.options == {"tags": "x"}
    assert made.source.env == {"K": "V"}
    assert made.tags == {"release": "7"}
    assert [one.__name__ for one in load(made.source).users["T"].tasks] == ["t"]


def test_hosts(plan: Callable[..., Plan]) -> None:
    """HTTP users need a host, of the command line or their own; others do not."""
    text = "class W(HttpUser):\n    @task\n    def a(self): ...\n"
    with pytest.raises(OptionError, match=r"no host: give --host http://..., or set `host` in W"):
        plan(text)
    assert plan(text, host=" http://x ").host == "http://x"
    assert plan(text, require_host=False).host == ""
    assert plan(text + "W.host = 'https://own'\n").host == ""
    assert plan(A).host == ""


def test_shape_is_the_common_load(plan: Callable[..., Plan]) -> None:
    """A shape in the file is the load of the classes without one; a broken one is named."""
    shape = (
        "class S(LoadTestShape):\n    def tick(self):\n        return (6, 6) if self.get_run_time() < 30 else None\n"
    )
    assert profiles.peak_users(plan(A + shape).workloads[0].profile) == 6
    assert profiles.duration(plan(A + shape, duration=5.0).workloads[0].profile) == pytest.approx(5)
    with pytest.raises(OptionError, match=r"load shape S: .*asked before the run"):
        plan(A + shape.replace("self.get_run_time()", "self.runner.x"))


def test_same_workload_name_twice(plan: Callable[..., Plan]) -> None:
    """Workload names are distinct."""
    with pytest.raises(OptionError, match="two loads are named 'x'"):
        plan(A + "    load = [users(1, 1, name='x'), users(2, 2, name='x')]\n")


def test_options_go_along(plan: Callable[..., Plan]) -> None:
    """HTTP options, processes, seed, name and the limit of the whole run reach the plan."""
    made = plan(A, http=HttpOptions(timeout=5), processes=3, seed=9, name="night", duration=4.0)
    assert (made.http.timeout, made.processes, made.seed, made.name, made.duration) == (5, 3, 9, "night", 4)


def test_a_profile_with_a_load_goes_with_no_other_load(plan: Callable[..., Plan]) -> None:
    """Which of the two counts would be a guess; the message says what to drop. Thresholds alone go with any load."""
    with pytest.raises(OptionError, match="drop --users and --spawn-rate, or drop --profile"):
        plan(A + B + PROFILES, profile="basic", users=3, spawn_rate=1.0)
    with pytest.raises(OptionError, match="drop --rate, or drop --profile"):
        plan(A + B + PROFILES, profile="mixed", rate=3.0, duration=5.0)
    assert profiles.peak_users(plan(A + B + PROFILES, profile="strict", users=3).workloads[0].profile) == 3
    assert plan(A + B + PROFILES, profile="basic", duration=5.0).duration == 5


def test_a_misspelt_profile_is_guessed(plan: Callable[..., Plan]) -> None:
    """Names of the file and those for any file alike."""
    for name, meant in (("smok", "smoke"), ("mixd", "mixed")):
        with pytest.raises(OptionError, match=f"Did you mean '{meant}'"):
            plan(A + B + PROFILES, profile=name)


def test_proxies_are_checked(plan: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch) -> None:
    """One that cannot be used is refused where an HTTP user would use it."""
    web = "class Web(HttpUser):\n    host = 'http://x'\n    @task\n    def a(self): ...\n"
    with pytest.raises(OptionError, match="--proxy: socks5"):
        plan(A, http=HttpOptions(proxy="socks5://x:1"))
    monkeypatch.setenv("http_proxy", "socks5://x:1")
    with pytest.raises(OptionError, match="environment variable http_proxy"):
        plan(web)
    plan(A)
    plan(web.replace("    host", "    http_options = {'trust_env': False}\n    host"))
    plan(web, http=HttpOptions(proxy="http://127.0.0.1:3128"))
