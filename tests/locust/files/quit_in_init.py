"""A test that ends itself before it begins: no `test_start`, no user."""
# args: -u 1 -r 1 -t 5s

from probe import note

from locust import User, events, task


@events.init.add_listener
def end(environment, **_):
    environment.runner.quit()


class Visitor(User):
    def on_start(self):
        note("never")

    @task
    def nothing(self):
        note("never")
