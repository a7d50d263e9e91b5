"""One GET after the other, each with a status check."""

from swell import HttpUser, constant, task


class Getter(HttpUser):
    wait_time = constant(0)

    @task
    def get(self):
        response = self.client.get("/")
        assert response.status_code == 200, response.status_code
