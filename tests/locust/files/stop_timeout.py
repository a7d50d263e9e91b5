"""--stop-timeout lets running tasks end; on_stop runs for each user."""
# args: -u 2 -r 2 -t 2s --stop-timeout 5

import time

from probe import note

from locust import HttpUser, constant, task


class Visitor(HttpUser):
    wait_time = constant(60)

    def on_stop(self):
        note("on_stop")

    @task
    def long(self):
        time.sleep(3)
        self.client.get("/ok", name="after the wait")
        note("done")
