"""HttpUser: names, failures, lengths, URLs and contexts of ordinary requests."""

import requests
from probe import note

from locust import HttpUser, constant, task


class Visitor(HttpUser):
    wait_time = constant(1)

    def context(self):
        return {"user": "visitor"}

    @task
    def everything(self):
        client = self.client
        note("session", real=isinstance(client, requests.Session), base=client.base_url[:16])
        client.get("/ok")
        client.get("/ok?a=1&b=x y")
        client.get("/ok", params={"q": "a b", "n": [1, 2]})
        client.get("/ok", name="named")
        client.get("/missing")
        client.get("/missing/7", name="/missing/[id]")
        client.get("/status/500")
        client.get("/redirect")
        client.get("/redirect", allow_redirects=False)
        client.post("/echo", json={"a": 1})
        client.post("/echo", data={"a": 1})
        client.post("/echo", "text")
        client.put("/echo", json={"a": 1}, name="put")
        client.patch("/echo", data=b"123")
        client.delete("/ok")
        client.head("/ok")
        client.options("/ok")
        client.request("GET", "/ok", "by request", context={"own": 1})
        client.request("get", "/ok")
        client.get("/ok", context={"user": "other"})
        with client.rename_request("renamed"):
            client.get("/ok")
            client.get("/ok", name="wins")
        client.request_name = "sticky"
        client.get("/ok")
        client.request_name = None
        for url in ("ftp://127.0.0.1/x", "http://"):
            try:
                client.get(url)
            except Exception as error:
                note("raised", type=type(error).__name__)
        client.get("/close")
        client.get("http://127.0.0.1:1/refused")
        client.get("/slow", timeout=0.05, name="too slow")
        self.environment.runner.quit()
