"""A MarkovTaskSet: transitions decide which task comes next."""

from probe import note

from locust import MarkovTaskSet, User, constant, transition, transitions


class Walk(MarkovTaskSet):
    @transition("second")
    def first(self):
        note("first")

    @transitions({"third": 1})
    def second(self):
        note("second")

    @transitions([("first", 2)])
    def third(self):
        note("third")
        self.user.rounds += 1
        if self.user.rounds == 3:
            self.user.environment.runner.quit()


class Walker(User):
    wait_time = constant(0)
    tasks = [Walk]
    rounds = 0
