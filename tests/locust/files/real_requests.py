"""HttpUser: adapters, hooks, callable auth and session parameters, which only real requests can do."""

import requests
from probe import note
from requests.adapters import HTTPAdapter

from locust import HttpUser, constant, task


class Adapter(HTTPAdapter):
    def send(self, request, **kwargs):
        request.headers["X-Adapter"] = "yes"
        return super().send(request, **kwargs)


class Token(requests.auth.AuthBase):
    def __call__(self, request):
        request.headers["Authorization"] = "Token 1"
        return request


class Visitor(HttpUser):
    wait_time = constant(1)

    @task
    def everything(self):
        client = self.client
        client.headers["X-Own"] = "1"
        client.mount(client.base_url + "/headers", Adapter())
        seen = client.get("/headers").json()
        note("adapter", seen=seen.get("x-adapter"), own=seen.get("x-own"))
        client.get("/ok")
        client.params = {"always": "1"}
        client.get("/ok", name="with params")
        client.params = {}
        note("auth", seen=client.get("/headers", auth=Token()).json().get("authorization"))
        client.get("/ok", hooks={"response": lambda response, **_: note("hook", status=response.status_code)})
        with client.get("/headers", catch_response=True) as response:
            response.failure("no")
        client.mount("http://", Adapter())
        client.get("/missing")
        client.get("http://127.0.0.1:1/refused")
        client.get("/cookie")
        note("cookie", value=client.cookies.get("server"))
        self.environment.runner.quit()
