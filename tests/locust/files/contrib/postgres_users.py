# args: -u 2 -r 10
# host: none
import os

import seen  # noqa: F401 - notes the requests
from locust.contrib.postgres import PostgresUser

from locust import constant, task

done = []


class Visitor(PostgresUser):
    conn_string = os.environ["DSN"]
    wait_time = constant(0)

    @task
    def ask(self):
        self.client.execute_query("SELECT pg_sleep(0.2)")
        self.client.execute_query("SELECT 1")
        self.client.execute_query("SELECT 'one'")
        self.client.execute_query("SELECT nothing FROM nowhere")
        self.client.execute_query("SELECT 2")  # the transaction is broken
        done.append(1)
        if len(done) == 2:
            self.environment.runner.quit()
        self.stop(force=True)
