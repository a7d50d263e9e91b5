"""Notes every request in the file $TRACE, whatever keywords it came with. Not a locustfile."""

import re

from probe import note, shown

from locust import events


@events.request.add_listener
def on_request(request_type, name, response_length, exception=None, context=None, **_):
    context = {key: value for key, value in (context or {}).items() if key != "start_time"}
    error = None if exception is None else re.sub(r"\bt=[\d.]+", "t=", shown(exception))
    note("seen", type=request_type, name=name, length=response_length, exception=error, context=context)
