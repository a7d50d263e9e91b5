"""Clients of one's own: events.request.fire, measure, and hooks of one's own."""

from locust.event import EventHook
from probe import note

from locust import User, constant, events, task

own = EventHook()


@own.add_listener
def heard(what):
    note("own", what=what)


class Visitor(User):
    wait_time = constant(1)

    @task
    def everything(self):
        fire = self.environment.events.request.fire
        base = {"response_length": 3, "context": {}, "exception": None}
        fire(request_type="grpc", name="call", response_time=12.0, **base)
        fire(request_type="grpc", name="call", response_time=1.0, **{**base, "exception": ValueError("bad")})
        events.request.fire(request_type="old", name="global", response_time=3, **base)
        fire(request_type="grpc", name="untimed", response_time=None, **base)
        with events.request.measure("block", "measured") as meta:
            meta["response_length"] = 10
        with events.request.measure("block", "measured"):
            raise KeyError("swallowed")
        own.fire(what=1)
        self.environment.runner.quit()
