"""A LoadTestShape: its ticks steer users of chosen classes, None ends the run."""
# args:

from probe import note

from locust import LoadTestShape, User, constant, task


class A(User):
    wait_time = constant(10)

    def on_start(self):
        note("A")

    @task
    def nothing(self):
        pass


class B(A):
    def on_start(self):
        note("B")


class Shape(LoadTestShape):
    def tick(self):
        time = self.get_run_time()
        if time < 1.5:
            return 2, 10, [A]
        if time < 3.5:
            return 3, 10, [B]
        note("users", count=self.get_current_user_count(), runner=self.runner.user_count)
        return None
