"""--equal-weights gives each class the same share, whatever its weight."""
# args: -u 4 -r 4 -t 3s --equal-weights

from probe import note

from locust import HttpUser, constant, task


class Often(HttpUser):
    weight = 9
    wait_time = constant(60)

    @task
    def go(self):
        self.client.get("/ok", name="often")


class Seldom(HttpUser):
    weight = 1
    wait_time = constant(60)

    @task
    def go(self):
        self.client.get("/ok", name="seldom")
        note("seldom")
