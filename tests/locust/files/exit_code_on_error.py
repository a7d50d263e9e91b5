"""--exit-code-on-error after a failed request."""
# args: -u 1 -r 1 -t 3s --exit-code-on-error 5

import probe  # noqa: F401

from locust import HttpUser, constant, task


class Visitor(HttpUser):
    wait_time = constant(10)

    @task
    def miss(self):
        self.client.get("/missing")
