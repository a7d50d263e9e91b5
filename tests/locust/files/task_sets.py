"""Task sets: nested ones, interrupt with and without reschedule, sequences, queued tasks, their starts and stops."""

from probe import note

from locust import SequentialTaskSet, TaskSet, User, constant, task


class Inner(TaskSet):
    def on_start(self):
        note("inner start", parent=type(self.parent).__name__, user=type(self.user).__name__)

    def on_stop(self):
        note("inner stop")

    @task
    def leave(self):
        note("inner leave")
        self.interrupt(reschedule=False)


class Steps(SequentialTaskSet):
    tasks = [Inner]

    def on_start(self):
        note("steps start")
        self.turns = 0

    def on_stop(self):
        note("steps stop")

    @task
    def first(self):
        note("first")

    @task(2)
    def twice(self):
        note("twice")
        self.schedule_task(self.queued)
        self.schedule_task(self.queued_first, first=True)

    def queued(self):
        note("queued")

    def queued_first(self):
        note("queued first")

    @task
    def last(self):
        self.turns += 1
        note("last", turns=self.turns)
        if self.turns == 2:
            self.interrupt()


class Gone(TaskSet):
    def on_start(self):
        note("gone start")
        self.interrupt()

    def on_stop(self):
        note("gone stop")

    @task
    def never(self):
        note("never")


class Top(SequentialTaskSet):
    tasks = [Steps, Gone]

    @task
    def end(self):
        note("end")
        self.user.environment.runner.quit()


class Visitor(User):
    wait_time = constant(0)
    tasks = [Top]
