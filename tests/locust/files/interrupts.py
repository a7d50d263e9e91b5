"""Leaving task sets: interrupt with and without rescheduling, nested, and from on_start."""
# args: -u 1 -r 1 -t 4s

from locust.exception import StopUser
from probe import note

from locust import HttpUser, SequentialTaskSet, TaskSet, constant, task


class Inner(TaskSet):
    wait_time = constant(0)

    def on_start(self):
        note("inner start")

    def on_stop(self):
        note("inner stop")

    @task
    def leave(self):
        self.client.get("/ok", name="inner")
        self.interrupt(reschedule=False)


class Outer(SequentialTaskSet):
    wait_time = constant(0)
    tasks = [Inner]
    passes = 0

    @task
    def one(self):
        self.client.get("/ok", name="one")

    @task
    def two(self):
        note("two")
        Outer.passes += 1
        if Outer.passes == 3:
            raise StopUser
        self.interrupt()


class Visitor(HttpUser):
    wait_time = constant(60)
    tasks = [Outer]

    def on_start(self):
        note("start")
