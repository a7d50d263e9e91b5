"""Classes of fixed counts alone: nobody beyond their sum, whatever is asked for."""
# args: -u 9 -r 10 -t 20s

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


class Fewer(Base):
    fixed_count = 2


@events.init.add_listener
def begin(environment, **_):
    gevent.spawn(note_levels, environment.runner, 7, 1, 5, 3)
