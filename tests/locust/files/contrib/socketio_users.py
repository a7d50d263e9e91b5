# args: -u 1
# host: none
import os
import time

import seen  # noqa: F401 - notes the requests
from locust.contrib.socketio import SocketIOUser
from probe import note

from locust import constant, task


class Visitor(SocketIOUser):
    options = {"reconnection": False}
    wait_time = constant(0)

    @task
    def talk(self):
        heard = []
        self.sio.on("echoed", heard.append)
        self.sio.connect(
            f"http://127.0.0.1:{os.environ['PORT']}", transports=[os.environ["TRANSPORT"]], wait_timeout=10
        )
        assert self.sio.call("add", [1, 2, 3], timeout=10) == 6
        self.sio.emit("echo", "again")
        self.sio.send("some text", name="text")
        for _ in range(200):
            if heard:
                break
            time.sleep(0.05)
        note("heard", what=heard)
        self.sio.emit("nothing", namespace="/not-connected")
        self.sio.disconnect()
        self.sio.connect("http://127.0.0.1:1/", wait_timeout=1)
        self.environment.runner.quit()
