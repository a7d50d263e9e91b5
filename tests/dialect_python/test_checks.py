"""Checks, groups and metrics of a test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from swell import Counter, Gauge, Rate, Trend, check, group
from swell.dialects.python.metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Journal, Rehearsal


def test_checks_are_counted_by_name(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """Each name is one sample of the rate `checks`; the result is True only if all hold; tags go along."""
    run = rehearse(
        """
        from journal import note

        class Visitor(User):
            load = iterations(4)

            @task
            def visit(self):
                note(check(self.vu.iteration, {"even": lambda n: n % 2 == 0, "true": True, "some": [1]}, kind="k"))
                note(check(None, {"even": 1}))
        """
    )
    assert journal.what == [True, True, False, True, True, True, False, True]
    even = run.store.aggregate("checks", {"check": "even", "kind": "k"})
    assert (even.count, even.passes) == (4, 2)
    assert run.store.aggregate("checks", {"check": "even"}).passes == 6
    assert run.store.aggregate("checks", {"check": "some"}).passes == 4


def test_exception_in_a_check(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """A check that raises is recorded as failed, and the exception goes on; later names are skipped."""
    run = rehearse(
        """
        class Visitor(User):
            load = iterations(1)

            @task
            def visit(self):
                check({}, {"has key": lambda row: row["key"], "later": True})
        """
    )
    found = run.store.aggregate("checks", {"check": "has key"})
    assert (found.count, found.passes) == (1, 0)
    assert run.store.aggregate("checks", {"check": "later"}) is None
    assert run.errors() == {"KeyError: 'key'": 1}


@pytest.mark.parametrize("name", ["", "a::b"])
def test_names_of_checks_and_groups(rehearse: Callable[..., Rehearsal], journal: Journal, name: str) -> None:
    """Empty names and names with :: are refused."""
    run = rehearse(
        f"""
        class Visitor(User):
            load = iterations(1)

            @task
            def visit(self):
                check(1, {{"{name}": True}})
        """
    )
    assert [message for message in run.errors() if "no name for a check" in message]
    with pytest.raises(ValueError, match="no name for a group"):
        group(name)


def test_async_check_is_refused(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """An async predicate would always be true; it is an error instead."""
    run = rehearse(
        """
        async def later(value):
            return False

        class Visitor(User):
            load = iterations(1)

            @task
            def visit(self):
                check(1, {"async": later})
        """
    )
    assert [message for message in run.errors() if "await first" in message]
    assert run.store.aggregate("checks", {"check": "async"}).passes == 0


def test_groups(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """Groups nest into a path, tag what is measured inside, are timed, and end with an exception too."""
    run = rehearse(
        """
        from journal import note
        import time

        class Visitor(User):
            load = iterations(2)

            @task
            def visit(self):
                with group("outer"):
                    time.sleep(1)
                    with group("inner"):
                        check(1, {"in": True})
                        time.sleep(2)
                        raise ValueError
        """
    )
    outer = run.store.aggregate("group_duration", {"group": "::outer"})
    inner = run.store.aggregate("group_duration", {"group": "::outer::inner"})
    assert (outer.count, outer.min, outer.max) == (2, pytest.approx(3000), pytest.approx(3000))
    assert (inner.count, inner.max) == (2, pytest.approx(2000))
    assert run.store.aggregate("checks", {"group": "::outer::inner"}).count == 2
    assert run.store.aggregate("iterations", {"group": ""}) is None or run.count("iterations") == 2


def test_custom_metrics(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """Metrics declared in the file reach the worker's recorder with their kind, value and tags."""
    run = rehearse(
        """
        orders = Counter("orders")
        stock = Gauge("stock")
        sold_out = Rate("sold_out")
        price = Trend("price")
        wait = Trend("queue_time", is_time=True)

        class Visitor(User):
            load = iterations(4)

            @task
            def visit(self):
                n = self.vu.iteration
                orders.add()
                orders.add(2, item=n % 2)
                stock.add(10 - n)
                sold_out.add(n == 3)
                price.add(n * 1.5)
                wait.add(100)
        """
    )
    assert run.programs[0].declared_metrics() == {
        "orders": "counter",
        "stock": "gauge",
        "sold_out": "rate",
        "price": "trend",
        "queue_time": "trend",
    }
    assert run.count("orders") == 12
    assert run.count("orders", item="1") == 4
    assert run.store.aggregate("stock", {}).last == 7
    assert run.store.aggregate("sold_out", {}).passes == 1
    assert run.store.aggregate("price", {}).max == 4.5
    assert run.store.is_time("queue_time")
    assert not run.store.is_time("price")


def test_two_runs_in_one_process(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """Series belong to one worker's recorder: a second run of the same file counts for itself."""
    text = """
        orders = Counter("orders")

        class Visitor(User):
            load = iterations(2)

            @task
            def visit(self):
                orders.add()
                check(1, {"one": True})
                with group("g"):
                    pass
        """
    for _ in range(2):
        run = rehearse(text)
        assert run.count("orders") == 2
        assert run.store.aggregate("checks", {}).count == 2
        assert run.store.aggregate("group_duration", {}).count == 2


@pytest.mark.parametrize("kind", [Counter, Gauge, Rate, Trend])
def test_names_of_metrics(kind: type[Metric]) -> None:
    """Names as in k6; those of built-in metrics are taken."""
    with pytest.raises(ValueError, match="no name for a metric"):
        kind("my metric")
    with pytest.raises(ValueError, match="built-in"):
        kind("http_req_duration")
    assert repr(kind("fine_1")) == f"{kind.__name__}('fine_1')"


def test_outside_of_a_run() -> None:
    """Where nothing runs, adding a sample says so."""
    for use in (lambda: Counter("n").add(), lambda: check(1, {"a": True}), lambda: group("g").__enter__()):
        with pytest.raises(RuntimeError, match="inside a running test"):
            use()


def test_bad_samples(rehearse: Callable[..., Rehearsal], journal: Journal) -> None:
    """A counter does not shrink and no metric takes NaN; both are errors of the task."""
    run = rehearse(
        """
        orders = Counter("orders")
        price = Trend("price")

        class Visitor(User):
            load = iterations(2)

            @task
            def visit(self):
                orders.add(-1) if self.vu.iteration else price.add(float("nan"))
        """
    )
    assert sorted(run.errors()) == [
        "ValueError: counter 'orders' only grows, got -1",
        "ValueError: metric 'price' takes numbers, not nan",
    ]
