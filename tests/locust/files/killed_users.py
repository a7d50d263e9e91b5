"""Users that are killed in a request: on_stop still runs, the request is not counted."""
# args: -u 2 -r 2 -t 1s

import time

from probe import note

from locust import HttpUser, constant, task


class Visitor(HttpUser):
    wait_time = constant(60)

    def on_stop(self):
        note("on_stop")

    @task
    def wait(self):
        try:
            time.sleep(30)
        finally:
            note("left")
