"""Notes every event of a run in the file $TRACE, one JSON object a line. Not a locustfile."""

import json
import os
import re

from locust import events


def note(kind, **fields):
    with open(os.environ["TRACE"], "a") as file:
        file.write(json.dumps({"event": kind, **fields}, sort_keys=True, default=shown) + "\n")


def shown(value):
    text = re.sub(r"at 0x[0-9a-f]+", "at 0x", value if isinstance(value, str) else repr(value))
    text = re.sub(r"_=\d+", "_=N", text)
    return re.sub(r"(127\.0\.0\.1|port=):?\d+", r"\1", text)


# Without **kwargs: exactly these names may be passed.
@events.request.add_listener
def on_request(
    request_type, name, response_time, response_length, exception, context, response=None, start_time=None, url=None
):
    if os.environ.get("QUIET_REQUESTS"):
        return
    note(
        "request",
        type=request_type,
        name=name,
        length=response_length,
        exception=None if exception is None else shown(exception),
        context=context,
        status=getattr(response, "status_code", None),
        timed=isinstance(response_time, float),
        started=isinstance(start_time, float),
        url=None if url is None else shown(url),
    )


@events.user_error.add_listener
def on_user_error(user_instance, exception, tb):
    note("user_error", instance=type(user_instance).__name__, exception=shown(exception), traceback=tb is not None)


@events.init.add_listener
def on_init(environment, runner, web_ui):
    note("init", runner=type(runner).__name__, same=environment.runner is runner, web=web_ui is not None)


@events.test_start.add_listener
def on_test_start(environment):
    note("test_start", state=environment.runner.state)


@events.spawning_complete.add_listener
def on_spawning_complete(user_count):
    note("spawning_complete", users=user_count)


@events.test_stopping.add_listener
def on_test_stopping(environment):
    note("test_stopping")


@events.test_stop.add_listener
def on_test_stop(environment):
    note("test_stop", state=environment.runner.state)


@events.quitting.add_listener
def on_quitting_first(environment):
    note("quitting", listener="first")


@events.quitting.add_listener
def on_quitting_second(environment):
    note("quitting", listener="second")


@events.quit.add_listener
def on_quit(exit_code):
    note("quit", code=exit_code)
