# args: -u 1
# host: none
import os

import dns.message
import dns.rdatatype
import seen  # noqa: F401 - notes the requests
from locust.contrib.dns import DNSUser

from locust import constant, task

PORT = int(os.environ["PORT"])


class Visitor(DNSUser):
    wait_time = constant(0)

    @task
    def ask(self):
        for name in ("here.example.", "empty.example."):
            message = dns.message.make_query(name, dns.rdatatype.A)
            found = self.client.udp(message, "127.0.0.1", port=PORT, timeout=10)
            assert (len(found.answer) == 0) == name.startswith("empty")
        message = dns.message.make_query("x.example.", dns.rdatatype.A)
        assert self.client.udp(message, "127.0.0.1", port=PORT, name="my lookup", timeout=10).answer
        self.environment.runner.quit()
