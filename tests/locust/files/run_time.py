"""--run-time: the order of everything at the end of a run."""
# args: -u 2 -r 2 -t 1s

from probe import note

from locust import User, constant, task


class Visitor(User):
    wait_time = constant(5)

    @task
    def nothing(self):
        pass

    def on_stop(self):
        note("on_stop")
