"""How tasks are collected: bases, the attribute, the body; weights; overriding."""
# args: -u 1 -r 1 -t 1s

from locust.user.task import DefaultTaskSet
from probe import note

from locust import SequentialTaskSet, TaskSet, User, constant, events, task


def plain(user):
    pass


class Base(User):
    abstract = True

    @task(2)
    def one(self):
        pass

    @task
    def two(self):
        pass


class Visitor(Base):
    wait_time = constant(10)
    tasks = {plain: 2}

    def one(self):
        note("never run by override")

    @task(weight=3)
    def three(self):
        pass


class Sequence(SequentialTaskSet):
    @task
    def first(self):
        pass

    tasks = [plain]

    @task(2)
    def last(self):
        pass


class Set(TaskSet):
    tasks = [(plain, 2), Sequence]


@events.test_start.add_listener
def look(environment, **_):
    for cls in (Visitor, Set, Sequence):
        note("tasks", cls=cls.__name__, tasks=[one.__name__ for one in cls.tasks])
    note("json", json=Visitor.json(), name=Visitor.fullname(), weight=Visitor.three.locust_task_weight)
    note("default", same=DefaultTaskSet is not TaskSet)
