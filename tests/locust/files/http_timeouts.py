"""What a response says of a request that took too long, and what is raised for it."""
# args: -u 1 -t 20s

from probe import note

from locust import FastHttpUser, HttpUser, constant, task


class Visitor(HttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        for limit in (0.1, (2, 0.1)):
            response = self.client.get("/slow", timeout=limit)
            note("late", status=response.status_code, error=repr(response.error))
            try:
                response.raise_for_status()
            except Exception as error:
                note("raised", error=repr(error))
        self.environment.runner.quit()


class Fast(FastHttpUser):
    weight = 0
