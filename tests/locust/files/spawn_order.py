"""Which classes users get: fixed counts first, then by weight, by name."""
# args: -u 14 -r 1000 -t 2s

from probe import note

from locust import User, constant, task


class Base(User):
    abstract = True
    wait_time = constant(10)

    def on_start(self):
        note("spawned", cls=type(self).__name__)

    @task
    def nothing(self):
        pass


class Zeta(Base):
    weight = 5


class Alpha(Base):
    weight = 1


class Never(Base):
    weight = 0


class Fixed(Base):
    fixed_count = 2
