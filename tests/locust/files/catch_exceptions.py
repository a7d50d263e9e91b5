"""catch_exceptions = False: an exception of a task ends its user."""
# args: -u 1 -r 1 -t 3s

from probe import note

from locust import HttpUser, constant, events, task


@events.init.add_listener
def prepare(environment, **_):
    environment.catch_exceptions = False


@events.user_error.add_listener
def failed(exception, **_):
    note("error", text=str(exception))


class Visitor(HttpUser):
    wait_time = constant(0.1)
    rounds = 0

    @task
    def go(self):
        Visitor.rounds += 1
        self.client.get("/ok")
        raise ValueError("enough")
