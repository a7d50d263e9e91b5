"""The column Average Content Size: bodies only, decompressed; streamed ones as announced; what blocks say."""

# args: -u 2 -r 10 -t 20s

from locust import FastHttpUser, HttpUser, events, task


class Plain(HttpUser):
    fixed_count = 1

    @task
    def everything(self):
        for name in ("/gzip", "/deflate", "/missing", "/redirect", "/status/204"):
            self.client.get(name)
            with self.client.get(name, name=f"{name} caught", catch_response=True) as response:
                response.success()
        self.client.head("/gzip", name="head")
        self.client.get("/lines", stream=True, name="streamed").close()
        self.client.post("/echo", json={"a": "b"})
        self.client.get("/close")
        self.client.get("/ok", hooks={"response": lambda *_, **__: None}, name="by requests itself")
        with self.client.get("/gzip", name="edited", catch_response=True) as response:
            response.request_meta["response_length"] = 7
        events.request.fire(request_type="own", name="fired", response_time=1, response_length=123, exception=None)
        self.client.cookies.clear()
        done.append(1)
        finish(self)


class Fast(FastHttpUser):
    fixed_count = 1

    @task
    def everything(self):
        for name in ("/gzip", "/deflate", "/missing", "/redirect"):
            self.client.get(name, name=f"fast {name}")
            with self.client.get(name, name=f"fast {name} caught", catch_response=True) as response:
                response.success()
        self.client.get("/lines", stream=True, name="fast streamed")
        self.client.post("/echo", name="fast echo", json={"a": "b"})
        done.append(1)
        finish(self)


done = []


def finish(user):
    if len(done) == 2:
        user.environment.runner.quit()
    user.stop(force=True)
