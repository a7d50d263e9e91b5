"""An HttpUser without a host stops the test."""
# args: -u 1 -r 1 -t 3s
# host: none

import probe  # noqa: F401

from locust import HttpUser, task


class Visitor(HttpUser):
    @task
    def never(self):
        self.client.get("/ok")
