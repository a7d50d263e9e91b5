"""StopTest in test_start ends the run."""
# args: -u 1 -r 1 -t 3s

import probe  # noqa: F401
from locust.exception import StopTest

from locust import HttpUser, events, task


@events.test_start.add_listener
def stop(environment, **_):
    raise StopTest("no reason")


class Visitor(HttpUser):
    @task
    def never(self):
        self.client.get("/ok")
