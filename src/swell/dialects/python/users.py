"""Users: the classes a test file subclasses to say what one simulated person does.

Rules: Locust's names and meaning. An instance is one user of the run; the loader finds the classes, the engine
decides how many instances live. `vu` is the engine's side of the user.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from swell.dialects.python.tasks import collect_tasks
from swell.dialects.python.waits import constant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from swell.dialects.python.environment import Environment
    from swell.dialects.python.loads import Load
    from swell.dialects.python.websockets import UserSockets
    from swell.http.session import Session
    from swell.websocket import WebSocket

__all__ = ["HttpUser", "User"]

_no_wait = constant(0)


class _UserMeta(type):
    """Collects the tasks of a user class; `abstract` is never inherited."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        body["tasks"] = collect_tasks(bases, body)
        body.setdefault("abstract", False)
        return super().__new__(mcs, name, bases, body)


class User(metaclass=_UserMeta):
    """One simulated person. Subclass it (or `HttpUser`) and mark methods with `@task`.

    Instances have `environment` (the run), `data` (what `@setup` returned; the same object for all users of a
    worker, so treat it as read-only) and `vu` (the virtual user: `id` from 1 over the whole test, `iteration`,
    `random`).
    """

    abstract: ClassVar[bool] = True
    """True: a base for other classes only. Not inherited."""
    tasks: ClassVar[Any] = []
    """More tasks: a list of tasks or (task, weight) pairs, or a dict of weights. The class holds the weighted list."""
    wait_time: Any = _no_wait
    """Called after each task: the seconds to wait. Use `between`, `constant`, ... or define a method."""
    weight: ClassVar[float] = 1
    """Share of the users of this class among those that run together; 0 leaves it out."""
    fixed_count: ClassVar[int] = 0
    """Above 0: exactly so many users of this class, before any others; the weight then does not count."""
    host: str | None = None
    """Base URL, unless the command line gives one."""
    load: ClassVar[Load | Sequence[Load] | None] = None
    """How many users of this class, or arrivals, when; None joins the common load of the file."""

    environment: Environment
    data: Any
    vu: Any
    leaving: bool
    """True once the user is to end after its current task."""
    _paced_from: float

    def __new__(cls, environment: Environment, *_args: Any, **_options: Any) -> User:  # noqa: D102
        self = super().__new__(cls)
        # Here, so that a subclass whose __init__ does not call ours works all the same.
        self.vu = vu = environment.joining
        self.environment = environment
        self.data = environment.data
        if environment.host:
            self.host = environment.host
        self.leaving = False
        if vu is not None:
            self._paced_from = vu.hub.time()
        return self

    def __init__(self, environment: Environment) -> None:
        pass

    def on_start(self) -> Any:
        """Called once, before the first task."""

    def on_stop(self) -> Any:
        """Called once, after the last task."""

    def wait(self) -> None:
        """Wait as between two tasks; the user may be stopped meanwhile."""
        self.vu.sleep(self.wait_time())

    def stop(self) -> None:
        """End this user after its current task."""
        self.leaving = True

    def warm(self) -> None:
        """Open what the first task will need; called for users that wait for their first arrival."""

    def release(self) -> None:
        """Give back what the user holds; called when it has ended."""

    @classmethod
    def fullname(cls) -> str:
        """Module and class name."""
        return f"{cls.__module__}.{cls.__qualname__}"


class HttpUser(User):
    """A user with an HTTP client of its own (connections, cookies), `self.client`; needs a host."""

    abstract: ClassVar[bool] = True
    http_options: ClassVar[Mapping[str, Any]] = {}
    """Defaults of this class's client, by the names of `HttpOptions`; options of the command line win."""

    @cached_property
    def client(self) -> Session:
        """The HTTP client."""
        # Made when first used: a user that never asks costs nothing.
        return self.environment.new_client(self.host or "", self.environment.http_options_of(self.http_options))

    @cached_property
    def _sockets(self) -> UserSockets:
        from swell.dialects.python.websockets import UserSockets  # noqa: PLC0415 - few tests have WebSockets

        return UserSockets()

    def websocket(
        self,
        url: str,
        name: str | None = None,
        *,
        headers: Mapping[str, Any] | None = None,
        subprotocols: Sequence[str] = (),
        compression: bool = False,
        tags: Mapping[str, object] | None = None,
        **options: Any,
    ) -> WebSocket:
        """Open a WebSocket with the headers, cookies and settings of `client`; use it in a `with` statement.

        `url`: a path of the host, or ws://, wss://. `name`: what it is counted under (default: the URL as given).
        `compression`: offer permessage-deflate. `options`: `timeout` (seconds until it must be open; None: no limit),
        `max_message` (bytes of a received message; default 16 MiB). Raises WebSocketError when it does not open.
        """
        return self._sockets.connect(
            self.client,
            url,
            name=name,
            headers=headers,
            subprotocols=subprotocols,
            compression=compression,
            tags=tags,
            **options,
        )

    def warm(self) -> None:
        """Open a connection to the host."""
        self.client.warm()

    def release(self) -> None:
        """Close the user's connections."""
        sockets: UserSockets | None = self.__dict__.get("_sockets")
        if sockets is not None:
            sockets.end()
        client: Session | None = self.__dict__.get("client")
        if client is not None:
            client.close()
