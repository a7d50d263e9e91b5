"""For locustfiles that ask for other numbers of users while they run. Not a locustfile."""

import gevent
from probe import note

from locust import events

told = []


@events.spawning_complete.add_listener
def keep(user_count):
    told.append(user_count)


def wait_for_ramp():
    """Until one is over; its number stays in `told`."""
    with gevent.Timeout(10):
        while not told:
            gevent.sleep(0.02)


def note_levels(runner, *levels):
    """Note who runs after the first ramp and after one to each of these numbers of users; then the test ends."""
    for users in (None, *levels):
        if users is not None:
            runner.start(users, 10)
        wait_for_ramp()
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
