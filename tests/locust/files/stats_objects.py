"""Statistics as user code reads them while the test runs."""
# args: -u 1 -r 1 -t 4s

import time

from probe import note

from locust import HttpUser, constant, events, task


@events.test_stop.add_listener
def look(environment, **_):
    stats = environment.stats
    entry = stats.get("/ok", "GET")
    note("entry", n=entry.num_requests, failed=entry.num_failures, ratio=entry.fail_ratio)
    note("total", n=stats.total.num_requests, failed=stats.total.num_failures)
    note("keys", keys=sorted(stats.entries))
    note("errors", found=sorted(error.to_name() for error in stats.errors.values()))
    note("same", stats=environment.runner.stats is stats)
    note("exceptions", found=[(row["count"], row["msg"]) for row in environment.runner.exceptions.values()])


class Visitor(HttpUser):
    wait_time = constant(10)

    @task
    def everything(self):
        for _ in range(3):
            self.client.get("/ok")
        self.client.get("/missing")
        time.sleep(0.1)
        raise ValueError("after all")
