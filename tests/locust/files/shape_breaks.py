"""A LoadTestShape whose tick raises: the test ends, with exit code 2."""
# args:

from probe import note

from locust import LoadTestShape, User, constant, task


class A(User):
    wait_time = constant(10)

    @task
    def nothing(self):
        note("task")


class Shape(LoadTestShape):
    def tick(self):
        if self.get_run_time() > 1:
            raise ValueError("no more")
        return 1, 1
