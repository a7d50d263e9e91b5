"""The same for Locust, with both of its clients."""

from locust import FastHttpUser, HttpUser, constant, task


class FastGetter(FastHttpUser):
    wait_time = constant(0)

    @task
    def get(self):
        response = self.client.get("/")
        assert response.status_code == 200, response.status_code


class HttpGetter(HttpUser):
    wait_time = constant(0)

    @task
    def get(self):
        response = self.client.get("/")
        assert response.status_code == 200, response.status_code
