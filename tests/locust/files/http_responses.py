"""HttpUser: what responses and the session are to user code."""

import requests
from probe import note

from locust import HttpUser, constant, task


class Visitor(HttpUser):
    wait_time = constant(1)

    @task
    def everything(self):
        client = self.client
        response = client.get("/ok")
        note("plain", real=isinstance(response, requests.Response), ok=response.ok, status=response.status_code)
        note("body", text=response.text, json=response.json(), content=response.content.decode())
        note("head", type=response.headers["content-TYPE"], encoding=response.encoding, reason=response.reason)
        note("request", method=response.request.method, path=response.request.path_url, body=response.request.body)
        note("more", history=response.history, links=response.links, elapsed=response.elapsed.total_seconds() >= 0)
        response = client.get("/redirect")
        note("followed", history=[one.status_code for one in response.history], path=response.url.rpartition("/")[2])
        response = client.get("/missing")
        note("bad", ok=response.ok, truth=bool(response))
        try:
            response.raise_for_status()
        except requests.HTTPError as error:
            note("raised", status=error.response.status_code)
        response = client.get("/text")
        note("text", encoding=response.encoding, text=response.text)
        try:
            response.json()
        except requests.exceptions.JSONDecodeError as error:
            note("json", error=type(error).__name__, value=isinstance(error, ValueError))
        response = client.get("http://127.0.0.1:1/refused")
        note("refused", status=response.status_code, content=response.content, text=response.text)
        note("error", type=type(response.error).__name__)
        for what in (response.raise_for_status, lambda: response.ok, lambda: bool(response), response.json):
            try:
                note("value", value=what())
            except Exception as error:
                note("raised", type=type(error).__name__)
        client.headers.update({"X-Own": "1"})
        client.headers["X-Other"] = "2"
        note("headers", seen=client.get("/headers", headers={"X-Call": "3"}).json())
        client.cookies.set("c", "1")
        note("cookies", seen=client.get("/headers").json().get("cookie"))
        client.get("/cookie")
        note("cookies", jar=client.cookies.get("server"), all=sorted(client.cookies.get_dict()))
        note("cookies", call=sorted(client.get("/headers", cookies={"d": "2"}).json()["cookie"].split("; ")))
        client.auth = ("user", "secret")
        note("auth", seen=client.get("/headers").json().get("authorization"))
        client.auth = None
        note("auth", call=client.get("/headers", auth=("a", "b")).json().get("authorization"))
        response = client.get("/lines", stream=True)
        note("lines", lines=[line.decode() for line in response.iter_lines()])
        self.environment.runner.quit()
