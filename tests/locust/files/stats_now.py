"""Statistics are those of now: in a task, in a listener, in a greenlet beside the users, and after a reset."""
# args: -u 1 -r 1 -t 20s

import gevent
from probe import note

from locust import HttpUser, constant, events, task


def shown(kind, stats):
    entry = stats.get("/ok", "GET")
    total = stats.total
    note(
        kind,
        total=(total.num_requests, total.num_failures, round(total.fail_ratio, 3), total.total_content_length),
        entry=(entry.num_requests, entry.num_failures, entry.total_content_length),
        seconds=(sum(entry.num_reqs_per_sec.values()), sum(total.num_fail_per_sec.values())),
        keys=sorted(stats.entries),
        errors=sorted((error.to_name(), error.occurrences) for error in stats.errors.values()),
        timed=[total.max_response_time > 0, total.max_response_time >= total.median_response_time > 0],
        answers=sum(total.response_times.values()),
        stamp=total.last_request_timestamp is not None,
    )


@events.test_start.add_listener
def begin(environment, **_):
    shown("begin", environment.stats)


@events.init.add_listener
def late(environment, **_):
    @events.request.add_listener
    def told(name, **_):
        note("told", name=name, n=environment.stats.total.num_requests, same=environment.runner.stats.num_requests)


class Visitor(HttpUser):
    wait_time = constant(0)

    @task
    def everything(self):
        stats = self.environment.stats
        self.client.get("/ok")
        shown("one", stats)
        self.client.get("/missing")
        with self.client.get("/ok", catch_response=True) as response:
            response.failure("wrong")
        shown("three", stats)
        self.environment.events.request.fire(
            request_type="own", name="mine", response_time=None, response_length=7, exception=None, context={}
        )
        gevent.spawn(shown, "beside", stats).join()
        stats.get("/ok", "GET").reset()
        note("forgotten", n=stats.get("/ok", "GET").num_requests, total=stats.total.num_requests)
        stats.reset_all()
        shown("none", stats)
        self.client.get("/text")
        self.client.get("/ok")
        shown("again", stats)
        gevent.sleep(1.5)
        shown("later", stats)
        stats.clear_all()
        shown("cleared", stats)
        for _ in range(30):
            self.client.get("/ok")
            gevent.sleep(0.05)
        shown("end", stats)
        self.environment.runner.quit()
