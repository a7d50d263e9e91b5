"""An error in a listener is logged, the others run, and the exit code is 2."""
# args: -u 1 -r 1 -t 1s

from probe import note

from locust import User, constant, events, task


@events.test_start.add_listener
def broken(environment):
    raise RuntimeError("in a listener")


@events.test_start.add_listener
def after(environment, **_):
    note("after")


class Visitor(User):
    wait_time = constant(10)

    @task
    def nothing(self):
        pass
