"""Idioms of old files: min_wait and max_wait, task_set, listeners that no longer exist, weight 0."""
# args: -u 2 -r 2 -t 2s

from probe import note

from locust import HttpUser, TaskSet, between, constant, events, task


@events.request.add_listener
def seen(request_type, name, **_):
    note("seen", method=request_type, name=name)


class Pages(TaskSet):
    min_wait = 5000
    max_wait = 9000

    @task
    def page(self):
        self.client.get("/ok", name="page")


class Visitor(HttpUser):
    tasks = [Pages]
    wait_time = constant(10)
    min_wait = 1
    max_wait = 2


class Never(HttpUser):
    weight = 0
    wait_time = between(1, 2)

    @task
    def nothing(self):
        self.client.get("/never")
