"""`run_single_user`: one user of a file in this process, for a debugger (the module `locust.debug`).

Rules: for files that are run directly (`swell python FILE`), where it is the last line. The user runs in a thread of
this process, on the engine, with a line on stdout for each request, until it ends or Ctrl-C comes; breakpoints work.
Within a test of Swell it is a mistake, and says what to do instead.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from swell.dialects.locust.exception import CatchResponseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.dialects.locust.program import LocustProgram
    from swell.dialects.locust.users import User
    from swell.model.plan import Source

__all__ = ["run_single_user"]

_LOADER = "swell.dialects.locust.debug:take_program"
_LONGEST = 500

# The program of the user that is about to run: the file has been loaded already and must not be loaded again.
_waiting: list[LocustProgram] = []


def take_program(source: Source) -> LocustProgram:
    """The loader of the run's plan: gives what `run_single_user` made."""
    del source
    return _waiting.pop()


def run_single_user(  # noqa: PLR0917 - Locust's signature
    user_class: type[User],
    include_length: bool = False,
    include_time: bool = False,
    include_context: bool = False,
    include_payload: bool = False,
    loglevel: str | None = "WARNING",
) -> None:
    """Run one user until it ends or Ctrl-C comes. RuntimeError within a test of Swell."""
    module = sys.modules[user_class.__module__]
    if module.__name__ != "__main__":
        file = module.__file__ or "FILE"
        raise RuntimeError(
            f"run_single_user({user_class.__name__}) belongs under `if __name__ == '__main__':` of a file that is run "
            f"with `swell python {file}`; in a test run `swell locust -f {file} --headless -u 1 {user_class.__name__}`"
        )
    from swell.coordinator.conduct import conduct  # noqa: PLC0415 - only where a user really runs
    from swell.coordinator.judge import Judge  # noqa: PLC0415
    from swell.coordinator.transports.threads import ThreadWorker  # noqa: PLC0415
    from swell.dialects.locust import names  # noqa: PLC0415
    from swell.dialects.locust.argument_parser import get_parser  # noqa: PLC0415
    from swell.dialects.locust.env import Environment  # noqa: PLC0415
    from swell.dialects.locust.log import setup_logging  # noqa: PLC0415
    from swell.dialects.locust.program import LocustProgram  # noqa: PLC0415
    from swell.dialects.locust.runners import WORKLOAD, shares  # noqa: PLC0415
    from swell.metrics.store import MetricStore  # noqa: PLC0415
    from swell.model.plan import Plan, SteeredUsers, Workload  # noqa: PLC0415
    from swell.model.plan import Source as PlanSource  # noqa: PLC0415

    if loglevel:
        setup_logging(loglevel, None)
    events: Any = names.events
    options = cast("Any", get_parser(events=events)).parse_args()
    options.locustfile = file = Path(module.__file__ or "locustfile.py").name
    environment = Environment(
        user_classes=[user_class], events=events, host=options.host, parsed_options=options, locustfile=file
    )
    columns = _Columns(include_length, include_time, include_context, include_payload)
    events.request.add_listener(columns.listener(print))
    _waiting.append(LocustProgram(environment, several=False, make_outputs=None))
    plan = Plan(
        source=PlanSource(_LOADER, str(module.__file__ or "")),
        workloads=(Workload(WORKLOAD, shares([user_class]), SteeredUsers(1), graceful_stop=0.0),),
        host=options.host or "",
    )
    store = MetricStore()
    try:
        outcome = conduct(plan, transport=ThreadWorker(), workers=1, store=store, judge=Judge(plan))
    finally:
        store.close()
    if outcome.script_error is not None:
        print(outcome.script_error[1], file=sys.stderr)  # noqa: T201 - for people
        raise SystemExit(1)


class _Columns:
    """The line of a request, with the columns that were asked for."""

    def __init__(self, length: bool, time: bool, context: bool, payload: bool) -> None:
        self._length = length
        self._time = time
        self._context = context
        self._payload = payload

    def listener(self, write: Callable[[str], object]) -> Callable[..., None]:
        """A listener of `events.request` that writes a line; the head is written now."""
        head = ["type", "name".ljust(50), "resp_ms", "exception"]
        if self._time:
            head.insert(0, "time".ljust(24))
        if self._length:
            head.insert(-1, "length")
        head += [title for title, on in (("context", self._context), ("payload", self._payload)) if on]
        write("\n" + "\t".join(head))

        def on_request(  # noqa: PLR0917 - the event's keywords
            request_type: str,
            name: str,
            response_time: float | None,
            response_length: int,
            exception: BaseException | None,
            context: Any = None,
            start_time: float | None = None,
            response: Any = None,
            **_: Any,
        ) -> None:
            cells = [request_type, (name or "").ljust(50), str(round(response_time or 0)).ljust(7), _error(exception)]
            if self._time:
                at = dt.datetime.fromtimestamp(start_time, dt.UTC) if start_time else dt.datetime.now(dt.UTC)
                cells.insert(0, str(at))
            if self._length:
                cells.insert(-1, str(response_length))
            if self._context:
                cells.append(str(context or ""))
            if self._payload:
                request = getattr(response, "request", None)
                cells.append(str(getattr(request, "body", "") or ""))
            write("\t".join(cells))

        return on_request


def _error(exception: BaseException | None) -> str:
    if exception is None:
        return "".ljust(9)
    text = str(exception) if isinstance(exception, CatchResponseError) else repr(exception)
    return text[:_LONGEST].replace("\n", " ")
