"""Listeners added in init come after the recorder: what they raise ends the task, and the request counts."""

from locust.exception import RescheduleTask
from probe import note

from locust import HttpUser, constant, events, task


@events.init.add_listener
def add_late(environment, **_):
    @events.request.add_listener
    def give_up(exception, **_):
        if exception:
            raise RescheduleTask


@events.request.add_listener
def early(name, **_):
    if name == "/status/404?early":
        raise RescheduleTask


@events.test_start.add_listener
def target(environment, **_):
    note("target", users=environment.runner.target_user_count)


class Visitor(HttpUser):
    wait_time = constant(0)
    turns = 0

    @task
    def visit(self):
        self.turns += 1
        if self.turns == 4:
            self.environment.runner.quit()
            return
        self.client.get("/ok")
        if self.turns == 1:
            self.client.get("/status/404")
        elif self.turns == 2:
            self.client.get("/status/404?early")
        else:
            with self.client.get("/ok", catch_response=True) as response:
                response.failure("wrong")
        note("never")
