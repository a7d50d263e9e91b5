"""FastHttpUser: names, failures, lengths, bodies and what is missing of its responses."""

from locust.contrib.fasthttp import FastResponse
from probe import note

from locust import FastHttpUser, constant, task


class Visitor(FastHttpUser):
    wait_time = constant(1)

    default_headers = {"X-Default": "1"}

    @task
    def everything(self):
        client = self.client
        response = client.get("/ok")
        note("plain", fast=isinstance(response, FastResponse), ok=response.ok, status=response.status_code)
        note("body", text=response.text, json=response.json(), content=response.content.decode())
        client.get("/ok?a=1")
        client.get("/ok", params={"q": "1"})
        client.get("/ok", name="named")
        response = client.get("/missing")
        note("bad", ok=response.ok, status=response.status_code)
        client.get("/status/500", name="five")
        client.get("/status/300")
        client.get("/redirect")
        note("kept", status=client.get("/redirect", allow_redirects=False).status_code)
        note("echo", seen=client.post("/echo", json={"a": 1}).text)
        note("echo", seen=client.post("/echo", data={"a": 1, "b": "x y"}).text)
        note("echo", seen=client.post("/echo", data="text").text)
        client.put("/echo", data=b"123")
        client.patch("/echo", data="1")
        client.delete("/ok")
        client.head("/ok")
        client.options("/ok")
        client.request("GET", "/ok", "by request", context={"own": 1})
        with client.rename_request("renamed"):
            client.get("/ok")
        seen = client.get("/headers", headers={"X-Call": "3"}, auth=("a", "b")).json()
        note("headers", default=seen.get("x-default"), call=seen.get("x-call"), auth=seen.get("authorization"))
        client.get("/cookie")
        note("cookie", names=[cookie.name for cookie in client.cookiejar])
        response = client.get("http://127.0.0.1:1/refused")
        note("refused", status=response.status_code, content=response.content, text=response.text, ok=response.ok)
        note("error", headers=response.headers, error=type(response.error).__name__)
        note("lines", lines=list(client.iter_lines("/lines")))
        self.environment.runner.quit()
