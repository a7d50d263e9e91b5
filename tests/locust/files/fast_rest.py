"""FastHttpUser: rest() and rest_()."""

import re

from probe import note

from locust import FastHttpUser, constant, task


class Visitor(FastHttpUser):
    wait_time = constant(1)

    @task
    def everything(self):
        with self.rest("GET", "/ok") as response:
            note("js", value=response.js)
        with self.rest("GET", "/text", name="no json") as response:
            note("js", value=response.js)
        with self.rest("GET", "/ok", name="assertion") as response:
            assert response.js["a"] == 2, "a is not 2"
        with self.rest("GET", "/ok", name="assertion with body") as response:
            assert response.js["a"] == 2, "a is not 2,"
        with self.rest("GET", "/ok", name="bare assertion"):
            assert False  # noqa
        with self.rest("POST", "/echo", json={"a": 1}) as response:
            note("js", value=response.js)
        with self.rest("GET", "/missing"):
            pass
        with self.rest_("GET", "/ok?x=1") as response:
            note("url", url=re.sub(r"_=\d+", "_=N", response.url.rpartition("/")[2]))
        self.environment.runner.quit()
