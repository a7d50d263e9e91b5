"""StopUser, StopTest and errors in on_start: which users end how, and what runs then."""
# args: -u 5 -r 5 -t 2s

from locust.exception import StopTest, StopUser
from probe import note

from locust import TaskSet, User, constant, task


class A(User):
    fixed_count = 1
    wait_time = constant(0.1)

    def on_stop(self):
        note("A stop")

    @task
    class Inside(TaskSet):
        def on_stop(self):
            note("A inside stop")

        @task
        def end(self):
            raise StopUser


class B(User):
    fixed_count = 1

    def on_stop(self):
        note("B stop")

    @task
    def end(self):
        raise StopTest("in a task")


class C(User):
    fixed_count = 1

    def on_start(self):
        raise ValueError("no start")

    def on_stop(self):
        note("C never stops")

    @task
    def never(self):
        note("C never runs")


class D(User):
    fixed_count = 1

    def on_start(self):
        raise StopUser

    def on_stop(self):
        note("D stop")

    @task
    def never(self):
        note("D never runs")


class E(User):
    fixed_count = 1
    wait_time = constant(10)

    @task
    def wait_long(self):
        note("E waits")

    def on_stop(self):
        note("E stop")
