"""--tags and --exclude-tags, on tasks and on sets."""
# args: -u 1 -r 1 -t 1s --tags keep --exclude-tags drop

from probe import note

from locust import TaskSet, User, constant, events, tag, task


class Visitor(User):
    wait_time = constant(10)

    @tag("keep")
    @task
    def kept(self):
        pass

    @tag("keep", "drop")
    @task
    def dropped(self):
        note("dropped")

    @task
    def untagged(self):
        note("untagged")

    @task
    class Sets(TaskSet):
        @tag("keep")
        @task
        def inside(self):
            self.interrupt()

        @task
        def outside(self):
            note("outside")


@events.test_start.add_listener
def look(environment, **_):
    note("tasks", left=[one.__name__ for one in Visitor.tasks], inside=[one.__name__ for one in Visitor.Sets.tasks])


class Quiet(Visitor):
    weight = 0
