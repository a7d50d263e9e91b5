"""Users that make one request, then hold their connection open and wait."""

from swell import HttpUser, constant, task


class Idle(HttpUser):
    wait_time = constant(1000)

    @task
    def get(self):
        self.client.get("/")
