"""The text of what FastHttpUser's raise_for_status raises."""
# args: -u 1 -t 20s

from probe import note

from locust import FastHttpUser, constant, task


class Visitor(FastHttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        response = self.client.get("/missing")
        try:
            response.raise_for_status()
        except Exception as error:
            note("raised", text=str(error), shown=repr(error))
        self.environment.runner.quit()
