"""Users of a locustfile that have made one request and wait."""

from locust import HttpUser, constant, task


class Waiting(HttpUser):
    wait_time = constant(1000)

    @task
    def get(self):
        self.client.get("/")
