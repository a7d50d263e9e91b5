"""environment.process_exit_code set in quitting wins, also over failures."""
# args: -u 1 -r 1 -t 3s

import probe  # noqa: F401

from locust import HttpUser, constant, events, task


@events.quitting.add_listener
def judge(environment, **_):
    environment.process_exit_code = 7 if environment.stats.total.num_failures else 8


class Visitor(HttpUser):
    wait_time = constant(10)

    @task
    def miss(self):
        self.client.get("/missing")
