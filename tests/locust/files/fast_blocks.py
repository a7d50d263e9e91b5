"""FastHttpUser: catch_response with all its traps."""

import json

from locust.exception import (
    CatchResponseError,
    LocustError,
    RescheduleTask,
    ResponseError,
)
from probe import note

from locust import FastHttpUser, constant, task


class Visitor(FastHttpUser):
    wait_time = constant(1)

    @task
    def everything(self):
        get = self.client.get
        with get("/ok", catch_response=True, name="good"):
            pass
        with get("/missing", catch_response=True, name="bad"):
            pass
        with get("/missing", catch_response=True, name="forgiven") as response:
            response.success()
        with get("/ok", catch_response=True, name="blamed") as response:
            response.failure("wrong")
        with get("/ok", catch_response=True, name="blamed by exception") as response:
            response.failure(ValueError("worse"))
        with get("/ok", catch_response=True, name="last word") as response:
            response.failure("no")
            response.success()
        with get("/ok", catch_response=True, name="response error"):
            raise ResponseError("as failure")
        for error in (KeyError("x"), CatchResponseError("y"), AssertionError("z"), RescheduleTask()):
            try:
                with get("/ok", catch_response=True, name="not recorded"):
                    raise error
            except Exception as caught:
                note("propagated", type=type(caught).__name__)
        try:
            with get("/missing", catch_response=True, name="raise_for_status") as response:
                response.raise_for_status()
        except Exception as caught:
            note("propagated", type=type(caught).__name__)
        try:
            with get("/text", catch_response=True, name="bad json") as response:
                json.loads(response.text)
        except ValueError:
            note("propagated", type="ValueError")
        try:
            with get("/ok", catch_response=True, name="marked, then raised") as response:
                response.failure("marked")
                raise KeyError("x")
        except KeyError:
            note("propagated", type="KeyError")
        self.returns()
        get("/ok", catch_response=True, name="never entered")
        for use in (
            lambda: get("/ok", name="no block").success(),
            lambda: get("/ok", name="no block").failure("x"),
            lambda: get("/ok", catch_response=True, name="outside").success(),
            lambda: get("/ok", name="with without catch").__enter__(),
        ):
            try:
                use()
            except LocustError:
                note("LocustError")
        with get("/ok", catch_response=True) as response:
            response.request_meta["name"] = "edited"
            response.request_meta["context"] = {"edited": True}
            response.request_meta["response_length"] = 5
        with get("http://127.0.0.1:1/refused", catch_response=True, name="refused") as response:
            note("refused", status=response.status_code)
        get("/missing", name="forgiven")
        self.environment.runner.quit()

    def returns(self):
        with self.client.get("/ok", catch_response=True, name="returned"):
            return
