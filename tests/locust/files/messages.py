"""Messages of a local runner reach its own listeners; a type can be registered once."""
# args: -u 1 -r 1 -t 1s

from locust.runners import LocalRunner, MasterRunner, WorkerRunner
from probe import note

from locust import User, constant, events, task


@events.init.add_listener
def register(environment, **_):
    runner = environment.runner
    kinds = [isinstance(runner, kind) for kind in (LocalRunner, MasterRunner, WorkerRunner)]
    note("kinds", kinds=kinds, index=runner.worker_index, count=runner.worker_count)
    runner.register_message("hello", lambda environment, msg: note("got", type=msg.type, data=msg.data))
    try:
        runner.register_message("hello", print)
    except Exception as error:
        note("refused", type=type(error).__name__)


@events.test_start.add_listener
def send(environment, **_):
    environment.runner.send_message("hello", {"a": 1})
    environment.runner.send_message("unknown")


class Visitor(User):
    wait_time = constant(10)

    @task
    def nothing(self):
        note("users", count=self.environment.runner.user_count, target=self.environment.runner.target_user_count)
