"""The program of a Python test file: what the engine calls, and the plan that is made from it.

Rules: implements `engine.script.Program`. One program per load of the file; `environment` is there from
`start_worker` on.
"""

from __future__ import annotations

import os
import pickle
from typing import TYPE_CHECKING, Any

from swell.dialects.python.current import PhaseUser, call
from swell.dialects.python.environment import Environment
from swell.dialects.python.exceptions import TestFileError
from swell.dialects.python.lifecycle import wanted_arguments
from swell.dialects.python.planning import make_plan
from swell.dialects.python.script import UserScript
from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from swell.dialects.python.declarations import Declarations
    from swell.dialects.python.options import RunOptions
    from swell.dialects.python.scope import LoadScope
    from swell.dialects.python.users import User
    from swell.engine.script import WorkerContext
    from swell.engine.user import VirtualUser
    from swell.http.session import Session
    from swell.metrics.builtin import Kind
    from swell.model.plan import Plan, Source

__all__ = ["PythonProgram"]


class PythonProgram:
    """A loaded test file. `declared` is what it says, `source` where it comes from."""

    def __init__(self, source: Source, declared: Declarations, scope: LoadScope) -> None:
        self.source = source
        self.declared = declared
        self.scope = scope
        self.environment: Environment | None = None

    @property
    def users(self) -> Mapping[str, type[User]]:
        """The user classes by name."""
        return self.declared.users

    def plan(self, options: RunOptions) -> Plan:
        """The plan of one run of this file. Raises OptionError for options that do not fit it."""
        return make_plan(self.declared, self.source, options, os.environ)

    def declared_metrics(self) -> dict[str, Kind]:
        """Names and kinds of the file's own metrics."""
        return {name: metric.kind for name, metric in self.scope.metrics.items()}

    # What the engine calls.

    def start_worker(self, context: WorkerContext) -> None:
        """As `Program.start_worker`: the events init and test_start."""
        self.environment = Environment(context, self.scope.events)
        self._join_phase(context)
        self.scope.events.init.fire(environment=self.environment)
        self.scope.events.test_start.fire(environment=self.environment)

    def setup(self, context: WorkerContext) -> object:
        """As `Program.setup`: the file's @setup function. Raises TestFileError for a result that cannot travel."""
        function = self.declared.setup
        if function is None:
            return None
        result = self._run_phase(function, context)
        try:
            pickle.dumps(result)
        except Exception as error:
            code = function.__code__
            raise TestFileError(
                f"@setup function {function.__name__}() returned something that cannot be copied to other "
                f"processes ({type(error).__name__}: {error}); return numbers, texts, lists, dictionaries",
                path=code.co_filename,
                line=code.co_firstlineno,
            ) from None
        return result

    def new_user(self, behaviour: str, user: VirtualUser) -> UserScript:
        """As `Program.new_user`."""
        environment = self.environment
        assert environment is not None, "start_worker comes first"
        return UserScript(self.declared.users[behaviour], user, environment)

    def teardown(self, context: WorkerContext) -> None:
        """As `Program.teardown`: the file's @teardown function."""
        if self.declared.teardown is not None:
            self._run_phase(self.declared.teardown, context)

    def stop_worker(self, context: WorkerContext) -> None:
        """As `Program.stop_worker`: the event test_stop."""
        self._join_phase(context)
        self.scope.events.test_stop.fire(environment=self.environment)

    def user_error(self, user: VirtualUser, error: BaseException) -> None:
        """Code of a user raised: the event user_error. The engine has counted it already."""
        hook = self.scope.events.user_error
        if not hook.listeners:
            return
        script = user.script
        instance = script.stack[-1] if isinstance(script, UserScript) else None
        hook.fire(user_instance=instance, exception=error, tb=error.__traceback__)

    def spawning_complete(self, user_count: int) -> None:
        """All users of a ramp run: the event spawning_complete."""
        self.scope.events.spawning_complete.fire(user_count=user_count)

    def _join_phase(self, context: WorkerContext) -> Environment:
        """Give code that runs for no user something to stand on."""
        environment = self.environment
        if environment is None:
            environment = self.environment = Environment(context, self.scope.events)
        fiber = current_fiber()
        if fiber.user is None:
            fiber.user = PhaseUser(context, environment)
        return environment

    def _run_phase(self, function: Callable[..., Any], context: WorkerContext) -> Any:
        environment = self._join_phase(context)
        wanted = wanted_arguments(function)
        arguments: dict[str, Any] = {}
        client: Session | None = None
        for name in wanted:
            if name == "client":
                host = environment.host or self._any_host()
                client = arguments[name] = environment.new_client(host, environment.http_options)
            else:
                arguments[name] = environment.data if name == "data" else environment
        try:
            return call(lambda: function(**arguments))
        finally:
            if client is not None:
                client.close()

    def _any_host(self) -> str:
        return next((cls.host for cls in self.users.values() if cls.host), "")
