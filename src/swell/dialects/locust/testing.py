"""One test: its files, its command line, its environment; loaded alike by the front door and by every worker.

Rules: the command line is parsed after the files are loaded, in each process, since the files may add options. What is
wrong is a TestFileError (exit code 1) or a SystemExit of the parser (exit code 2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from swell.dialects.locust import aliases
from swell.dialects.locust.argument_parser import get_parser, parse_locustfile_option
from swell.dialects.locust.env import Environment
from swell.dialects.locust.locustfiles import LoadedFiles, find_files, load_files
from swell.dialects.python.exceptions import TestFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from swell.dialects.locust.event import Events

__all__ = ["LocustTest", "load_test"]


class LocustTest:
    """A loaded test."""

    def __init__(self, files: LoadedFiles, events: Events, parser: Any, options: Any, notes: list[str]) -> None:
        self.files = files
        self.events = events
        self.parser = parser
        self.options = options
        self.notes = notes
        """What to tell about options of old versions."""

    @property
    def shape(self) -> Any:
        """The shape of the test, None without one."""
        return next(iter(self.files.shapes.values()), None)

    def chosen(self) -> list[Any]:
        """The user classes named on the command line, or all. Raises TestFileError for an unknown one."""
        users, wanted = self.files.users, self.options.user_classes
        unknown = [name for name in wanted if name not in users]
        if unknown:
            raise TestFileError(f"Unknown User(s): {', '.join(unknown)}", path=", ".join(self.files.paths))
        return [cls for name, cls in users.items() if not wanted or name in wanted]

    def make_environment(self) -> Environment:
        """The environment of this process. Raises TestFileError."""
        options, files = self.options, self.files
        where = ", ".join(files.paths)
        try:
            environment = Environment(
                user_classes=self.chosen(),
                shape_class=self.shape,
                locustfile=files.paths[0].replace("\\", "/").rpartition("/")[2],
                events=self.events,
                host=options.host,
                reset_stats=options.reset_stats,
                parsed_options=options,
                parsed_locustfiles=files.paths,
                available_user_classes=dict(files.users),
                available_shape_classes=dict(files.shapes),
                available_user_tasks=files.tasks,
                profile=options.profile,
            )
        except ValueError as error:
            raise TestFileError(str(error), path=where) from None
        for config in (one for group in options.config_users or () for one in group):
            try:
                environment.update_user_class(config)
            except KeyError as error:
                raise ConfigUsersError(
                    f"Error applying user config, probably you tried to specify config for a User not present in your "
                    f"locustfile: {error}"
                ) from None
        if options.equal_weights:

            def assign(**_: Any) -> None:
                environment.assign_equal_weights()

            environment.events.init.add_listener(assign)
        return environment


class ConfigUsersError(Exception):
    """--config-users names what is not there; exit code 255."""


def load_test(argv: Sequence[str], *, prepare: Callable[[str], object] | None = None) -> LocustTest:
    """Load the files that the command line names, then parse it. `prepare` is called with each path first."""
    aliases.install()
    events = aliases.fresh_events()
    early = parse_locustfile_option(argv)
    paths = find_files(early.locustfile)
    if prepare is not None:
        for path in paths:
            prepare(path)
    files = load_files(paths)
    parser = get_parser(events=events)
    options = cast("Any", parser).parse_args(list(argv))
    return LocustTest(files, events, parser, options, _modernise(options))


def _modernise(options: Any) -> list[str]:
    """Let options of Locust 0.x and 1.x mean what they meant; returns notes on them."""
    notes: list[str] = []
    for old, new, shown in (
        ("old_users", "num_users", "-c/--clients is -u/--users since Locust 1.0"),
        ("old_rate", "spawn_rate", "--hatch-rate is -r/--spawn-rate since Locust 1.2"),
    ):
        value = getattr(options, old)
        if value is not None:
            notes.append(shown)
            if getattr(options, new) is None:
                setattr(options, new, value)
    if options.old_headless:
        options.headless = True
        notes.append("--no-web is --headless since Locust 1.0")
    if options.old_no_reset:
        notes.append("--no-reset-stats is the default since Locust 1.0")
    if options.old_step_load or options.old_step_users is not None or options.old_step_time is not None:
        notes.append("--step-load and its options are gone since Locust 2.0 and do nothing: use a LoadTestShape")
    fields = cast("dict[str, Any]", options.__dict__)
    for name in [name for name in fields if name.startswith("old_")]:
        del fields[name]
    if options.headful:
        options.headless = False
    return notes
