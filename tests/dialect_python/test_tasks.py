"""How classes come by their tasks, and how tags select from them."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell import HttpUser, SequentialTaskSet, TaskSet, User, tag, task
from swell.dialects.python.tasks import expand_tasks, filter_tasks


def names(tasks: list[Any]) -> list[str]:
    return [one.__name__ for one in tasks]


def outside(user: Any) -> None:
    """A task that is no method."""


def test_weights_repeat_tasks() -> None:
    """All spellings of a weight put the task into the list that often, a weight of 0 never."""

    class Visitor(User):
        @task
        def one(self) -> None: ...

        @task(3)
        def three(self) -> None: ...

        @task(weight=2)
        def two(self) -> None: ...

        @task(0)
        def never(self) -> None: ...

    assert names(Visitor.tasks) == ["one", "three", "three", "three", "two", "two"]


def test_order_of_the_list() -> None:
    """Tasks of the bases come first, left to right, then the tasks attribute, then the class body."""

    class Left(User):
        @task
        def left(self) -> None: ...

    class Right(User):
        @task
        def right(self) -> None: ...

    class Both(Left, Right):
        @task
        def own(self) -> None: ...

        tasks: ClassVar[Any] = [outside]

    assert names(Both.tasks) == ["left", "right", "outside", "own"]


def test_overriding() -> None:
    """A method without the decorator does not replace the task of a base; with it both are in the list."""

    class Base(User):
        @task
        def visit(self) -> str:
            return "base"

    class Plain(Base):
        def visit(self) -> str:
            return "plain"

    class Decorated(Base):
        @task
        def visit(self) -> str:
            return "decorated"

    assert [one(None) for one in Plain.tasks] == ["base"]
    assert [one(None) for one in Decorated.tasks] == ["base", "decorated"]


def test_tasks_attribute() -> None:
    """The tasks attribute may be a list, a list with weights, or a dictionary of weights."""

    def other(user: Any) -> None: ...

    assert names(expand_tasks([outside, other])) == ["outside", "other"]
    assert names(expand_tasks([(outside, 2), other])) == ["outside", "outside", "other"]
    assert names(expand_tasks({outside: 1, other: 2})) == ["outside", "other", "other"]


@pytest.mark.parametrize("weight", [2.5, "3", True, None])
def test_weights_are_whole_numbers(weight: Any) -> None:
    """A weight that is no whole number is a TypeError where it is written."""
    with pytest.raises(TypeError, match="whole number"):
        task(weight)
    with pytest.raises(TypeError, match="whole number"):
        expand_tasks({outside: weight})


def test_negative_weight() -> None:
    """A negative weight is refused."""
    with pytest.raises(ValueError, match="negative"):
        task(-1)


def test_nested_class_as_task() -> None:
    """A decorated nested TaskSet is one task with its weight; a class derived from it is not by itself."""

    class Visitor(User):
        @task(2)
        class Shop(TaskSet):
            @task
            def look(self) -> None: ...

        class Other(Shop):
            pass

    assert names(Visitor.tasks) == ["Shop", "Shop"]


def test_sequence_reads_tasks_in_place() -> None:
    """In a SequentialTaskSet a tasks attribute counts where it stands, and a weight repeats in place."""

    class Steps(SequentialTaskSet):
        @task
        def first(self) -> None: ...

        tasks: ClassVar[Any] = [outside]

        @task(2)
        def last(self) -> None: ...

    assert names(Steps.tasks) == ["first", "outside", "last", "last"]


def test_abstract_is_not_inherited() -> None:
    """Only the class that says so is abstract."""

    class Base(HttpUser):
        abstract = True

    class Real(Base):
        @task
        def visit(self) -> None: ...

    assert (User.abstract, HttpUser.abstract, Base.abstract, Real.abstract) == (True, True, True, False)


def test_tags_select() -> None:
    """Include needs one match, exclude wins, and nothing given leaves everything."""

    @tag("a")
    def a(user: Any) -> None: ...

    @tag("a", "b")
    def ab(user: Any) -> None: ...

    tasks = [a, ab, outside]
    assert filter_tasks(tasks, (), ()) == tasks
    assert filter_tasks(tasks, ("a",), ()) == [a, ab]
    assert filter_tasks(tasks, ("a",), ("b",)) == [a]
    assert filter_tasks(tasks, (), ("a",)) == [outside]


def test_tags_of_a_set() -> None:
    """A tag on a TaskSet is one on each of its tasks, and a set without tasks left is left out."""

    @tag("shop")
    class Shop(TaskSet):
        @task
        def look(self) -> None: ...

        @tag("slow")
        @task
        def buy(self) -> None: ...

    look, buy = Shop.tasks
    assert filter_tasks([Shop], ("shop",), ("slow",)) == [(Shop, [look])]
    assert filter_tasks([Shop], ("slow",), ()) == [(Shop, [buy])]
    assert filter_tasks([Shop], ("other",), ()) == []


def test_tag_needs_names() -> None:
    """A tag without names is refused, also when used without parentheses."""
    with pytest.raises(ValueError, match="at least one name"):
        tag()
    with pytest.raises(ValueError, match="at least one name"):
        tag(outside)  # type: ignore[arg-type]


@given(st.lists(st.integers(0, 20), min_size=1, max_size=8))
def test_expanded_list_has_the_sum_of_weights(weights: list[int]) -> None:
    """The list of a class is as long as its weights add up to, whatever they are."""
    tasks = [lambda user: None for _ in weights]
    expanded = expand_tasks(dict(zip(tasks, weights, strict=True)))
    assert len(expanded) == sum(weights)
    assert [expanded.count(one) for one in tasks] == weights
