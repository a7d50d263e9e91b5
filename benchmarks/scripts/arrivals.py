"""One GET for each arrival."""

from swell import HttpUser, task


class Arrival(HttpUser):
    @task
    def get(self):
        self.client.get("/")
