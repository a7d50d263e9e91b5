"""Fixed counts come before weights, and come back first."""
# args: -u 4 -r 10 -t 20s

import gevent
from ramps import note_levels

from locust import User, constant, events, task


class Base(User):
    abstract = True
    wait_time = constant(100)

    @task
    def nothing(self):
        pass


class Few(Base):
    fixed_count = 3


class Most(Base):
    weight = 2


class Fewer(Base):
    fixed_count = 2


@events.init.add_listener
def begin(environment, **_):
    gevent.spawn(note_levels, environment.runner, 5, 6, 11, 3, 5)
