"""Classes of fixed counts alone: nobody beyond their sum, whatever is asked for."""
# args: -u 9 -r 10 -t 20s

import gevent
from probe import note

from locust import User, constant, events, task


class Base(User):
    abstract = True
    wait_time = constant(100)

    @task
    def nothing(self):
        pass


class Few(Base):
    fixed_count = 3


class Fewer(Base):
    fixed_count = 2


told = []


@events.spawning_complete.add_listener
def keep(user_count):
    told.append(user_count)


@events.init.add_listener
def begin(environment, **_):
    gevent.spawn(control, environment.runner)


def control(runner):
    for users in (None, 7, 1, 5, 3):
        if users is not None:
            runner.start(users, 10)
        with gevent.Timeout(10):
            while not told:
                gevent.sleep(0.02)
        note(
            "level",
            asked=users,
            told=told.pop(),
            counts=dict(sorted(runner.user_classes_count.items())),
            target=runner.target_user_count,
            reached=dict(sorted(runner.target_user_classes_count.items())),
            state=runner.state,
        )
    runner.quit()
