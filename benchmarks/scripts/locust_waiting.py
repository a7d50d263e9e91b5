"""Users of a locustfile that have made one request and wait."""

from locust import FastHttpUser, HttpUser, constant, task


class Waiter(HttpUser):
    wait_time = constant(1000)

    @task
    def get(self):
        self.client.get("/")


class FastWaiter(FastHttpUser):
    wait_time = constant(1000)

    @task
    def get(self):
        self.client.get("/")
