"""The shares of tasks."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest

from swell.dialects.locust.inspectuser import get_ratio, planned_users, print_task_ratio, print_task_ratio_json
from swell.dialects.python.tasks import task
from swell.dialects.python.tasksets import TaskSet
from swell.dialects.python.users import User


class Browse(TaskSet):
    @task(3)
    def look(self) -> None: ...

    @task
    def leave(self) -> None: ...


class Shopper(User):
    weight: ClassVar[float] = 3
    tasks: ClassVar[list[object]] = [Browse]

    @task
    def pay(self) -> None: ...


class Admin(User):
    fixed_count: ClassVar[int] = 1

    @task
    def check(self) -> None: ...


class Visitor(User):
    @task
    def check(self) -> None: ...


def test_planned_users() -> None:
    """Fixed counts first, the rest by weight, rounded; without a number of users the weights are the numbers."""
    assert planned_users([Shopper, Visitor], 8) == {"Shopper": 6, "Visitor": 2}
    assert planned_users([Shopper, Visitor], None) == {"Shopper": 3, "Visitor": 1}
    assert planned_users([Admin, Shopper, Visitor], 9) == {"Admin": 1, "Shopper": 6, "Visitor": 2}
    assert planned_users([Admin], None) == {"Admin": 1}


def test_ratios_nest() -> None:
    """Shares within a class, or of the total, go down into task sets."""
    per_class = get_ratio([Shopper, Visitor], {"Shopper": 6, "Visitor": 2}, False)
    total = get_ratio([Shopper, Visitor], {"Shopper": 6, "Visitor": 2}, True)
    assert per_class["Shopper"]["ratio"] == 0.75
    assert per_class["Shopper"]["tasks"]["Browse"]["tasks"]["look"]["ratio"] == 0.75
    assert total["Shopper"]["tasks"]["Browse"]["tasks"]["look"]["ratio"] == 0.75 * 0.5 * 0.75


def test_text_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    """As Locust prints them."""
    print_task_ratio([Visitor], 1, False)
    assert capsys.readouterr().out.splitlines() == [
        f" {'100.0 ':<10} {'Visitor':<50}",
        f" {'  100.0 ':<10} {'  check':<50}",
    ]
    print_task_ratio_json([Visitor], 1)
    shares = {"Visitor": {"ratio": 1.0, "tasks": {"check": {"ratio": 1.0}}}}
    assert json.loads(capsys.readouterr().out) == {"per_class": shares, "total": shares}
