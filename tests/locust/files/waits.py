"""Wait functions: who is asked, with what, and what pacing makes of long tasks."""

import time

from probe import note

from locust import SequentialTaskSet, TaskSet, User, constant, constant_pacing, constant_throughput, task


class Paced(TaskSet):
    wait_time = constant_pacing(0.4)
    turns = 0

    @task
    def work(self):
        self.turns += 1
        self.user.marks.append(time.perf_counter())
        time.sleep(0.6 if self.turns == 2 else 0.1)
        if self.turns == 5:
            steps = [b - a for a, b in zip(self.user.marks, self.user.marks[1:], strict=False)]
            # Long tasks are not caught up with.
            note("steps", long=[step > 0.55 for step in steps], paced=[0.3 < step < 0.55 for step in steps])
            self.interrupt()


class Own(TaskSet):
    def wait_time(self):
        self.user.asked += 1
        return constant_throughput(1000)(self)

    @task
    def work(self):
        if self.user.asked == 3:
            note("asked", times=self.user.asked)
            self.interrupt()


class Top(SequentialTaskSet):
    tasks = [Paced, Own]

    @task
    def end(self):
        note("wait", value=self.wait_time(), user=self.user.wait_time(), of_set=Paced(self).wait_time() >= 0)
        self.user.environment.runner.quit()


class Visitor(User):
    wait_time = constant(0)
    tasks = [Top]
    marks = []
    asked = 0
