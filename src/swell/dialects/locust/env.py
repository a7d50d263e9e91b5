"""Locust's Environment (the module `locust.env`): the run, as test code sees it.

Rules: one per process of a run, made by the program; test code reads it and sets a few attributes
(`process_exit_code`, `stop_timeout`, `host`, `catch_exceptions`). One that test code makes itself holds data and hooks
but cannot run users: that is the runner's, which Swell starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swell.dialects.locust.dispatch import UsersDispatcher
from swell.dialects.locust.event import Events
from swell.dialects.locust.exception import RunnerAlreadyExistsError
from swell.dialects.locust.request_stats import RequestStats
from swell.dialects.locust.shape import LoadTestShape
from swell.dialects.locust.tasks import filter_tasks_by_tags

if TYPE_CHECKING:
    from swell.dialects.locust.users import User
    from swell.engine.script import WorkerContext
    from swell.model.plan import HttpOptions

__all__ = ["Environment", "current_environment"]

_NO_NETWORK = (
    "swell: environment.{}: Swell does not speak Locust's network protocol. In a program of your own use "
    "create_local_runner(), which runs all users in this process; for several processes put the users into a "
    "locustfile: swell locust -f FILE --processes N"
)
_NO_RUNNER = (
    "swell: environment.create_web_ui() needs environment.create_local_runner() before it; in a locustfile leave it "
    "out: swell locust opens the page"
)

_running: list[Environment] = []


def current_environment() -> Environment:
    """The environment of the test that runs in this process. Raises RuntimeError outside of one."""
    if not _running:
        raise RuntimeError("this works only inside a running test")
    return _running[-1]


class Environment:
    """What a test may know of its run, and the hooks it is told by."""

    def __init__(
        self,
        *,
        user_classes: list[type[User]] | None = None,
        shape_class: Any = None,
        tags: list[str] | None = None,
        locustfile: str | None = None,
        exclude_tags: list[str] | None = None,
        events: Events | None = None,
        host: str | None = None,
        reset_stats: bool = False,
        stop_timeout: float | None = None,
        catch_exceptions: bool = True,
        parsed_options: Any = None,
        parsed_locustfiles: list[str] | None = None,
        available_user_classes: dict[str, type[User]] | None = None,
        available_shape_classes: dict[str, Any] | None = None,
        available_user_tasks: dict[str, list[Any]] | None = None,
        dispatcher_class: Any = UsersDispatcher,
        profile: str | None = None,
    ) -> None:
        self.runner: Any = None
        self.web_ui: Any = None
        self.process_exit_code: int | None = None
        self.events = events or Events()
        self.locustfile = locustfile
        self.user_classes = _with_weight(user_classes or [])
        self.shape_class = shape_class
        self.tags = tags
        self.exclude_tags = exclude_tags
        self.stats = RequestStats()
        self.host = host
        self.reset_stats = reset_stats
        self.profile = profile
        self.stop_timeout = float(getattr(parsed_options, "stop_timeout", 0) if stop_timeout is None else stop_timeout)
        self.catch_exceptions = catch_exceptions
        self.parsed_options = parsed_options
        self.parsed_locustfiles = parsed_locustfiles
        self.available_user_classes = available_user_classes
        self.available_shape_classes = available_shape_classes
        self.available_user_tasks = available_user_tasks
        self.dispatcher_class = dispatcher_class
        self.worker_logs: dict[str, list[str]] = {}
        self.context: WorkerContext | None = None
        """What Swell's worker offers; None where no users run."""
        self.joining: Any = None
        """The virtual user that is being made; None otherwise."""
        self._filtered = False
        self._check()

    def _check(self) -> None:
        names = [cls.__name__ for cls in self.user_classes]
        if len(set(names)) != len(names):
            full = ", ".join(cls.fullname() for cls in self.user_classes)
            raise ValueError(f"The following user classes have the same class name: {full}")
        if self.shape_class is not None and not isinstance(self.shape_class, LoadTestShape):
            raise ValueError(
                "shape_class should be instance of LoadTestShape or subclass LoadTestShape, but got: "
                f"{self.shape_class}"
            )

    def enter(self, context: WorkerContext) -> None:
        """This is the environment of the test that runs in this process."""
        self.context = context
        _running[:] = [self]

    @property
    def http_options(self) -> HttpOptions:
        """Defaults of every HTTP client."""
        assert self.context is not None
        return self.context.plan.http

    @property
    def user_classes_by_name(self) -> dict[str, type[User]]:
        """The user classes by name."""
        return {cls.__name__: cls for cls in self.user_classes}

    def create_local_runner(self) -> Any:
        """The runner of a program that uses Locust as a library (`swell python FILE`)."""
        from swell.dialects.locust.library import LibraryRunner  # noqa: PLC0415 - runners know environments

        return self.take_runner(LibraryRunner(self))

    def create_master_runner(self, master_bind_host: str = "*", master_bind_port: int = 5557) -> Any:
        """Swell speaks no network protocol of Locust's: SystemExit with what to use."""
        raise SystemExit(_NO_NETWORK.format(f"create_master_runner({master_bind_host!r}, {master_bind_port})"))

    def create_worker_runner(self, master_host: str, master_port: int) -> Any:
        """As `create_master_runner`."""
        raise SystemExit(_NO_NETWORK.format(f"create_worker_runner({master_host!r}, {master_port})"))

    def create_web_ui(self, host: str = "", port: int = 8089, *_: Any, **__: Any) -> Any:
        """Open the page of a program that uses Locust as a library; its runner must be there."""
        from swell.dialects.locust.library import LibraryRunner  # noqa: PLC0415 - heavy

        if not isinstance(self.runner, LibraryRunner):
            raise SystemExit(_NO_RUNNER)
        from swell.dialects.locust.library_page import open_page  # noqa: PLC0415 - heavy

        self.web_ui = open_page(self, self.runner, host, port)
        return self.web_ui

    def take_runner(self, runner: Any) -> Any:
        """This is the runner. Raises RunnerAlreadyExistsError."""
        if self.runner is not None:
            raise RunnerAlreadyExistsError(f"Environment.runner already exists ({self.runner})")
        self.runner = runner
        if self.shape_class is not None:
            self.shape_class.runner = runner
        return runner

    def update_user_class(self, user_settings: dict[str, Any]) -> None:
        """Set attributes of a user class: `user_class_name` and what to set. KeyError for an unknown class."""
        name = user_settings["user_class_name"]
        cls: Any = (self.available_user_classes or self.user_classes_by_name)[name]
        for key, value in user_settings.items():
            if key == "tasks":
                declared = (self.available_user_tasks or {}).get(name, cls.tasks)
                cls.tasks = [task for task in declared if task.__name__ in value]
            elif key != "user_class_name":
                setattr(cls, key, value)

    def assign_equal_weights(self) -> None:
        """All user classes with weight 1, all their tasks (those in sets too) once in one list."""
        for cls in self.user_classes:
            found: list[Any] = []
            ahead = list(cls.tasks)
            while ahead:
                one = ahead.pop()
                if hasattr(one, "tasks"):
                    ahead += one.tasks
                elif one not in found:
                    found.append(one)
            cls.weight = 1
            cls.tasks = found

    def filter_tasks(self) -> None:
        """Leave only what the tags select; once."""
        if self._filtered:
            return
        self._filtered = True
        options = self.parsed_options
        include = self.tags if self.tags is not None else getattr(options, "tags", None) or None
        exclude = self.exclude_tags if self.exclude_tags is not None else getattr(options, "exclude_tags", None) or None
        for cls in self.user_classes:
            filter_tasks_by_tags(
                cls, None if include is None else set(include), None if exclude is None else set(exclude)
            )

    _filter_tasks_by_tags = filter_tasks


def _with_weight(classes: list[type[User]]) -> list[type[User]]:
    left = [cls for cls in classes if cls.weight > 0 or cls.fixed_count > 0]
    if classes and not left:
        raise ValueError("There are no users with weight > 0.")
    classes[:] = left
    return classes
