"""use_common_options: a shape that reads the options of the command line."""
# args: -u 3 -r 3 -t 2s

import probe  # noqa: F401

from locust import HttpUser, LoadTestShape, constant, task


class Visitor(HttpUser):
    wait_time = constant(60)

    @task
    def go(self):
        self.client.get("/ok")


class Given(LoadTestShape):
    use_common_options = True

    def tick(self):
        options = self.runner.environment.parsed_options
        if self.get_run_time() < options.run_time:
            return options.num_users, options.spawn_rate
        return None
