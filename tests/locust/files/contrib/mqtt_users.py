# args: -u 1
# host: none
import os
import time

import seen  # noqa: F401 - notes the requests
from locust.contrib.mqtt import MqttUser

from locust import constant, events, task

done = set()


def saw(request_type, name, **_):
    done.add(name)


class Visitor(MqttUser):
    host = "127.0.0.1"
    port = int(os.environ["PORT"])
    client_id = "me"
    wait_time = constant(0)

    @task
    def talk(self):
        self.until("connect")
        self.client.publish("a/b", b"four")
        self.client.publish("a/b", "twelve bytes", qos=1)
        self.client.subscribe("a/b")
        self.client.subscribe([("forbidden", 1)])
        for name in ("publish:0:a/b", "publish:1:a/b", "subscribe:0:a/b", "subscribe:0:forbidden"):
            self.until(name)
        self.client.disconnect()
        self.until("disconnect")
        self.environment.runner.quit()

    def until(self, name):
        end = time.monotonic() + 20
        while name not in done and time.monotonic() < end:
            time.sleep(0.02)


events.request.add_listener(saw)
