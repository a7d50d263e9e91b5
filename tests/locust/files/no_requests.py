"""A run without any request exits with 0."""
# args: -u 1 -r 1 -t 1s

import probe  # noqa: F401

from locust import User, constant, task


class Visitor(User):
    wait_time = constant(10)

    @task
    def nothing(self):
        pass
