"""Exceptions in tasks and sets: what is told, counted, and what the user does next."""
# args: -u 1 -r 1 -t 2s

from locust.exception import RescheduleTask, RescheduleTaskImmediately, StopUser
from probe import note

from locust import SequentialTaskSet, TaskSet, User, constant, task


class Inner(TaskSet):
    def on_start(self):
        note("inner start")

    def on_stop(self):
        note("inner stop")

    @task
    def leave(self):
        self.interrupt()


class AtOnce(TaskSet):
    def on_start(self):
        note("at once")
        self.interrupt(reschedule=False)

    def on_stop(self):
        note("never told")

    @task
    def never(self):
        note("never run")


class Broken(TaskSet):
    def on_start(self):
        raise RuntimeError("cannot enter")

    @task
    def never(self):
        note("never run")


class Steps(SequentialTaskSet):
    @task
    def error(self):
        raise ValueError("plain")

    @task(2)
    def twice(self):
        note("twice")

    inner = task(Inner)
    at_once = task(AtOnce)
    broken = task(Broken)

    @task
    def reschedule(self):
        note("reschedule")
        raise RescheduleTask

    @task
    def immediately(self):
        note("immediately")
        raise RescheduleTaskImmediately

    @task
    def scheduled(self):
        self.schedule_task(self.extra)
        self.schedule_task(Steps.more, first=True)

    def extra(self):
        note("extra")

    def more(self):
        note("more", parent=type(self.parent).__name__, user=type(self.user).__name__)

    @task
    def end(self):
        raise StopUser

    def on_stop(self):
        note("steps stop")


class Visitor(User):
    wait_time = constant(0.01)
    tasks = [Steps]

    def on_start(self):
        note("start")

    def on_stop(self):
        note("stop")
