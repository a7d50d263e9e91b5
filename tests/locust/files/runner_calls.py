"""What the calls of a runner do, and when they come back, in a greenlet beside the users."""
# args: -u 2 -r 10 -t 20s

import gevent
from probe import note
from ramps import told, wait_for_ramp

from locust import User, constant, events, task


class Base(User):
    abstract = True
    wait_time = constant(0.05)

    def on_stop(self):
        note("gone", cls=type(self).__name__)

    @task
    def nothing(self):
        pass


class Many(Base):
    pass


class Rare(Base):
    weight = 0.0001


@events.init.add_listener
def begin(environment, **_):
    note("target", n=environment.runner.target_user_count)
    gevent.spawn(control, environment.runner)


def seen(runner, kind):
    note(
        kind,
        counts=dict(sorted(runner.user_classes_count.items())),
        target=runner.target_user_count,
        state=runner.state,
        told=list(told),
    )
    told.clear()


def spawned(runner, *args):
    runner.start(*args)
    wait_for_ramp()


def control(runner):
    wait_for_ramp()
    seen(runner, "first")
    made = runner.spawn_users({"Many": 1, "Rare": 2})
    note("made", of=sorted(type(one).__name__ for one in made), greenlets=len(runner.user_greenlets))
    seen(runner, "spawned")
    runner.stop_users({"Rare": 2})
    seen(runner, "stopped")
    spawned(runner, 5, 10)
    seen(runner, "started")
    runner.quit()
    seen(runner, "over")
