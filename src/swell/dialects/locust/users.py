"""Locust's users (the modules `locust.user` and `locust.user.users`).

Rules: the native users with Locust's names around them. What a user's HTTP client is lies in `clients` (requests-like)
and `fasthttp`. Old names raise ImportError with the new one when they are subclassed, as in Locust.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self

from swell.dialects.locust.exception import StopTest, StopUser
from swell.dialects.locust.rest import RestMixin
from swell.dialects.locust.tasks import (
    LOCUST_STATE_RUNNING,
    LOCUST_STATE_STOPPING,
    LOCUST_STATE_WAITING,
    collect,
)
from swell.dialects.locust.wait_time import constant
from swell.dialects.python import users as native
from swell.dialects.python.users import (
    _UserMeta as _NativeMeta,  # pyright: ignore[reportPrivateUsage] - a metaclass has one heir
)

if TYPE_CHECKING:
    from swell.dialects.locust.clients import HttpSession

__all__ = ["NO_HOST", "HttpLocust", "HttpUser", "Locust", "PytestUser", "User", "UserMeta"]

NO_HOST = (
    "You must specify the base host. Either in the host attribute in the User class, or on the command line using the "
    "--host option."
)

_log = logging.getLogger("locust.user.users")
_no_wait = constant(0)


class UserMeta(_NativeMeta):
    """Collects the tasks of a user class; `abstract` is never inherited."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        """As type."""
        body["tasks"] = collect(bases, body)
        body.setdefault("abstract", False)
        if body.get("task_set"):
            _log.warning("Usage of User.task_set is deprecated since version 1.0. Set the tasks attribute instead")
        return type.__new__(mcs, name, bases, body)


class User(native.User, metaclass=UserMeta):
    """One simulated person."""

    abstract: ClassVar[bool] = True
    host: str | None = None
    min_wait: Any = None
    max_wait: Any = None
    wait_function: Any = None
    wait_time: Any = _no_wait
    tasks: ClassVar[Any] = []
    weight: ClassVar[float] = 1
    fixed_count: ClassVar[int] = 0

    def __new__(cls, environment: Any = None, *_args: Any, **_options: Any) -> Self:  # noqa: D102
        # Only names that no test file uses: users have attributes like `data` of their own.
        self = object.__new__(cls)
        if environment is not None:
            self.environment = environment
            self.vu = vu = environment.joining
            if vu is not None:
                self._paced_from = vu.hub.time()
        self.swell_leaving = False
        return self

    def __init__(self, environment: Any = None) -> None:
        self.environment = environment

    def waits_by_default(self) -> bool:
        """Whether nobody has set `wait_time`."""
        return type(self).wait_time is _no_wait

    @property
    def _state(self) -> str | None:
        vu = self.vu
        if vu is None or vu.ended:
            return None
        if vu.stopping:
            return LOCUST_STATE_STOPPING
        return LOCUST_STATE_WAITING if vu.pausing else LOCUST_STATE_RUNNING

    @_state.setter
    def _state(self, value: str | None) -> None:
        if value == LOCUST_STATE_STOPPING:
            self.swell_leaving = True

    @property
    def greenlet(self) -> Any:
        """The fiber that runs this user; None while it waits, if nobody but Swell knows its fiber."""
        return self.vu.fiber if self.vu is not None else None

    @property
    def _greenlet(self) -> Any:
        return self.greenlet

    @property
    def group(self) -> Any:
        """What `runner.user_greenlets` is."""
        environment: Any = self.environment
        runner = environment.runner
        return None if runner is None else runner.user_greenlets

    def stop(self, force: bool = False) -> bool:  # type: ignore[override]
        """End this user: after its current task, or (`force`, or while it waits) at once. Whether it ended at once."""
        from swell.runtime.fiber import current_fiber  # noqa: PLC0415 - only where a test runs

        vu = self.vu
        if vu is None or vu.ended:
            return True
        self.swell_leaving = True
        if vu.fiber is current_fiber():
            if force:
                raise StopUser
            return False
        at_once = bool(force or vu.pausing)
        if at_once:
            # From the hub: a fiber must not throw into another one.
            vu.hub.call_soon(vu.request_stop, 0.0)
        return at_once

    def start(self, group: Any) -> NoReturn:
        """Users are started by the runner."""
        raise RuntimeError(
            f"Swell starts users itself: set the number with runner.start(), not {type(self).__name__}.start({group!r})"
        )

    def context(self) -> dict[str, Any]:
        """Merged under the `context` of each request. To be overridden."""
        return {}

    @classmethod
    def json(cls) -> dict[str, Any]:
        """Host, weight, fixed count and the names of the tasks."""
        return {
            "host": cls.host,
            "weight": cls.weight,
            "fixed_count": cls.fixed_count,
            "tasks": [one.__name__ for one in cls.tasks],
        }

    @classmethod
    def fullname(cls) -> str:
        """Module and class name, without "<locals>"."""
        return ".".join(part for part in f"{cls.__module__}.{cls.__qualname__}".split(".") if part != "<locals>")


class HttpUser(User, RestMixin):
    """A user whose `client` is a requests session, on Swell's own connections."""

    abstract: ClassVar[bool] = True
    pool_manager: Any = None

    client: HttpSession

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.host is None:
            raise StopTest(NO_HOST)
        from swell.dialects.locust.clients import HttpSession  # noqa: PLC0415 - requests is only for those who use it

        self.client = HttpSession(
            base_url=self.host,
            request_event=self.environment.events.request,
            user=self,
            pool_manager=self.pool_manager,
        )


class PytestUser(User):
    """A user made of pytest functions (`pytest_users`)."""

    abstract: ClassVar[bool] = True
    functions: ClassVar[list[Any]] = []
    fixture_functions: ClassVar[list[Any]] = []
    automatic_fixtures: ClassVar[list[Any]] = []

    def on_start(self) -> None:
        """Make the fixtures: each belongs to this user."""
        self.made_fixtures: dict[str, Any] = {}
        self.fixture_generators: list[Any] = []
        for make in self.automatic_fixtures:
            make(self)
        self.fixtures: list[Any] = [make(self) for make in self.fixture_functions]

    def on_stop(self) -> None:
        """What fixtures do behind their `yield`."""
        for generator in reversed(self.fixture_generators):
            next(generator, None)


class _Renamed(type):
    """Refuses subclasses of a name that is gone."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        if bases:
            old = bases[0].__name__
            new = {"Locust": "User", "HttpLocust": "HttpUser"}.get(old, "User")
            raise ImportError(f"The {old} class has been renamed to {new} in version 1.0: write class {name}({new})")
        return super().__new__(mcs, name, bases, body)


class Locust(metaclass=_Renamed):
    """The name of `User` before Locust 1.0."""


class HttpLocust(metaclass=_Renamed):
    """The name of `HttpUser` before Locust 1.0."""
