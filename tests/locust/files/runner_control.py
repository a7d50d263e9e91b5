"""A test that steers its own runner: more users, fewer users, then the end."""
# args: -u 1 -r 10 -t 20s

import time

from probe import note

from locust import User, constant, events, task


class Visitor(User):
    wait_time = constant(0.05)

    def on_start(self):
        note("user")

    def on_stop(self):
        note("gone")

    @task
    def nothing(self):
        pass


def wait_for(runner, count):
    end = time.monotonic() + 10
    while runner.user_count != count and time.monotonic() < end:
        time.sleep(0.05)
    note("count", count=runner.user_count, target=runner.target_user_count)


@events.spawning_complete.add_listener
def steer(user_count, **_):
    if user_count == 1 and not steps:
        steps.append("up")
        runners[0].greenlet.spawn(control)


steps = []
runners = []


@events.init.add_listener
def keep(environment, **_):
    runners.append(environment.runner)


def control():
    (runner,) = runners
    wait_for(runner, 1)
    runner.start(4, 100)
    wait_for(runner, 4)
    runner.start(2, 100)
    wait_for(runner, 2)
    runner.quit()
