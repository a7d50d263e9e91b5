"""What a runner says of itself while users run, and when it is told to spawn."""
# args: -u 3 -r 3 -t 4s

from probe import note

from locust import HttpUser, constant, events, task


class Many(HttpUser):
    weight = 2
    wait_time = constant(60)

    @task
    def go(self):
        self.client.get("/ok", name="many")


class One(HttpUser):
    fixed_count = 1
    wait_time = constant(60)

    @task
    def go(self):
        self.client.get("/ok", name="one")


@events.spawning_complete.add_listener
def told(user_count):
    runner = note.runner
    note(
        "facts",
        users=runner.user_count,
        classes=dict(sorted(runner.user_classes_count.items())),
        target=runner.target_user_count,
        target_classes=dict(sorted(runner.target_user_classes_count.items())),
        weights=[(cls.__name__, cls.weight, cls.fixed_count) for cls in runner.user_classes],
    )


@events.init.add_listener
def remember(environment, **_):
    note.runner = environment.runner
