"""With a shape the run time says nothing: the shape ends the run."""
# args: -t 1s

from probe import note

from locust import LoadTestShape, User, constant, task


class Visitor(User):
    wait_time = constant(10)

    @task
    def visit(self):
        pass


class Steps(LoadTestShape):
    def tick(self):
        if self.get_run_time() < 3:
            return (1, 10)
        note("end", late=self.get_run_time() >= 3)
        return None
