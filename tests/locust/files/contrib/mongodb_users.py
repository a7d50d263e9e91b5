# args: -u 1
# host: none
import os

import seen  # noqa: F401 - notes the requests
from locust.contrib.mongodb import MongoDBUser

from locust import constant, task


class Visitor(MongoDBUser):
    conn_string = os.environ["DSN"]
    db_name = "test"
    wait_time = constant(0)

    @task
    def ask(self):
        self.client.execute_query("things", {"a": 1})
        self.client.execute_query("broken", {})
        self.environment.runner.quit()
