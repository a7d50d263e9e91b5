"""What only FastHttpUser has: patched success codes, timeouts and headers of the user."""
# args: -u 1 -r 1 -t 4s

from locust.contrib.fasthttp import LocustUserAgent
from probe import note

from locust import FastHttpUser, constant, task

LocustUserAgent.valid_response_codes = frozenset([*LocustUserAgent.valid_response_codes, 404])


class Visitor(FastHttpUser):
    wait_time = constant(60)
    network_timeout = 5.0
    connection_timeout = 5.0
    max_retries = 0
    default_headers = {"X-Mine": "yes"}

    @task
    def all(self):
        answer = self.client.get("/missing", name="missing is fine")
        note("missing", status=answer.status_code, ok=answer.ok)
        answer = self.client.get("/status/500", name="broken")
        note("broken", status=answer.status_code)
        answer = self.client.get("/headers", name="headers")
        note("headers", mine=answer.json().get("x-mine"))
