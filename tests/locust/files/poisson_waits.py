"""Wait functions by name, as methods and as plain functions; all give numbers."""
# args: -u 1 -r 1 -t 3s

from probe import note

from locust import HttpUser, between, constant, constant_pacing, constant_throughput, task


class Visitor(HttpUser):
    @task
    def go(self):
        self.client.get("/ok")
        note("between", inside=all(1 <= between(1, 2)(self) <= 2 for _ in range(50)))
        note("constant", value=constant(3)(self))
        first, second = constant_pacing(5)(self), constant_throughput(0.25)(self)
        note("paced", positive=first > 0, throughput=second > first - 5)

    def wait_time(self):
        return 60
