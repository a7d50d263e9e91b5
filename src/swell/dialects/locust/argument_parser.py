"""The command line of `swell locust` (the module `locust.argument_parser`).

Rules: a real argparse parser that also reads environment variables and configuration files: command line, then
environment, then the `--config` file, then pyproject.toml, ./locust.conf and ~/.locust.conf. `-f` is parsed first,
since the files it names may add options.
"""

from __future__ import annotations

import argparse
import difflib
import os
import platform
import tomllib
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

import configargparse  # pyright: ignore[reportMissingTypeStubs]

from swell import __version__
from swell.dialects.locust.option_table import GROUPS, OLD, SWELL
from swell.dialects.locust.version import LOCUST_VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.dialects.locust.event import Events

__all__ = [
    "DEFAULT_CONFIG_FILES",
    "LocustArgumentParser",
    "get_empty_argument_parser",
    "get_parser",
    "parse_locustfile_option",
    "parse_options",
]

DEFAULT_CONFIG_FILES = ("~/.locust.conf", "locust.conf", "pyproject.toml")

_WEB_UI_MARKS = {"include_in_web_ui": True, "is_secret": False, "is_required": False, "is_multiple": False}
_HINT = "unrecognized arguments:"


class LocustArgumentParser(configargparse.ArgumentParser):  # type: ignore[misc]
    """What listeners of `init_command_line_parser` add their options to."""

    def add_argument(self, *args: Any, **kwargs: Any) -> Any:
        """As argparse; also `env_var`, `include_in_web_ui`, `is_secret`, `is_required` and `is_multiple`."""
        marks = {name: kwargs.pop(name, default) for name, default in _WEB_UI_MARKS.items()}
        exact = kwargs.pop("exact", False)
        action: Any = super().add_argument(*args, **kwargs)
        for name, value in marks.items():
            setattr(action, name, value)
        action.exact = exact
        return action

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and, for an unknown option, which one looks like it; exit with 2."""
        if _HINT in message:
            wrong = message.split(_HINT)[1].split(maxsplit=1)[0]
            known = [name for action in self._actions for name in action.option_strings]
            close = difflib.get_close_matches(wrong, known, n=1)
            if close:
                message += f"\nDid you mean '{close[0]}'?"
        self.exit(2, f"{self.prog}: error: {message}\n")
        raise AssertionError  # exit() does not return

    def _get_option_tuples(self, option_string: str) -> Any:
        # Options that Locust does not have are never meant by an abbreviation.
        found = cast("list[Any]", super()._get_option_tuples(option_string))
        return [one for one in found if not getattr(one[0], "exact", False)]

    def _included(self, mark: str = "") -> dict[str, Any]:
        return {
            action.dest: action
            for action in self._actions
            if getattr(action, "include_in_web_ui", False) and (not mark or getattr(action, mark, False))
        }

    @property
    def args_included_in_web_ui(self) -> dict[str, Any]:
        """Options shown on the page, by destination."""
        return self._included()

    @property
    def secret_args_included_in_web_ui(self) -> dict[str, Any]:
        """Those whose values are not shown."""
        return self._included("is_secret")

    @property
    def required_args_included_in_web_ui(self) -> dict[str, Any]:
        """Those that must be filled in."""
        return self._included("is_required")

    @property
    def multiple_args_included_in_web_ui(self) -> dict[str, Any]:
        """Those with several values."""
        return self._included("is_multiple")


class _ConfigFile(configargparse.ConfigFileParser):  # type: ignore[misc]
    """`key = value` files, and the table [tool.locust] of TOML files."""

    def parse(self, stream: Any) -> Any:
        if not stream.name.endswith(".toml"):
            parser: Any = configargparse.DefaultConfigFileParser()
            return parser.parse(stream)
        try:
            whole = tomllib.loads(stream.read())
        except tomllib.TOMLDecodeError as error:
            raise configargparse.ConfigFileParserException(f"Couldn't parse TOML file: {error}") from None
        table = whole.get("tool", {}).get("locust", {})
        values: dict[str, Any] = {key: value if isinstance(value, list) else str(value) for key, value in table.items()}
        return OrderedDict(values)

    def get_syntax_description(self) -> str:
        return "key = value lines, or [tool.locust] of a TOML file"


def get_empty_argument_parser(
    add_help: bool = True, default_config_files: Sequence[str] = DEFAULT_CONFIG_FILES
) -> LocustArgumentParser:
    """A parser that knows `-f` and `--config` only."""
    parser = LocustArgumentParser(
        prog="swell locust",
        default_config_files=default_config_files,
        config_file_parser_class=_ConfigFile,
        add_env_var_help=False,
        add_config_file_help=False,
        add_help=add_help,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="swell locust [options] [UserClass ...]",
        description=f"Run a locustfile on Swell. The command line is that of Locust {LOCUST_VERSION}.",
        epilog="swell locust -f my_test.py -H https://www.example.com --headless -u 100 -r 10 -t 20m",
    )
    parser.add_argument(
        "-f",
        "--locustfile",
        metavar="<filename>",
        default="locustfile.py",
        env_var="LOCUST_LOCUSTFILE",
        help="Python file with the test; several with commas between, a folder, or an URL. Default: locustfile.py.",
    )
    parser.add_argument(
        "--config",
        is_config_file_arg=True,
        metavar="<filename>",
        env_var="LOCUST_CONFIG",
        help="One more configuration file.",
    )
    return parser


def parse_locustfile_option(args: Sequence[str] | None = None) -> Any:
    """The options that matter before the test is loaded: `locustfile`, `help`, `version`."""
    parser = get_empty_argument_parser(add_help=False)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--version", "-V", action="store_true")
    for name in ("--worker", "--master"):
        parser.add_argument(name, action="store_true", env_var=f"LOCUST_MODE_{name[2:].upper()}")
    for name in ("--master-host", "--master-port"):  # so that --master is no abbreviation of these
        parser.add_argument(name, env_var=f"LOCUST_MASTER_NODE_{name[9:].upper()}")
    both = cast("Any", parser).parse_known_args(args)
    return both[0]


def get_parser(
    default_config_files: Sequence[str] = DEFAULT_CONFIG_FILES, *, events: Events | None = None
) -> LocustArgumentParser:
    """The whole parser, with the options that the test adds."""
    parser = get_empty_argument_parser(default_config_files=default_config_files)
    for title, options in GROUPS:
        group = parser if title == "Common options" else parser.add_argument_group(title)
        for names, fields in options:
            _add(group, names, fields)
    group = parser.add_argument_group("Options of Swell")
    for names, fields in (*SWELL, *OLD):
        _add(group, names, fields, exact=True)
    parser.add_argument(
        "--version",
        "-V",
        action="version",
        help="Show the version and exit.",
        version=(
            f"locust {LOCUST_VERSION} (compatible) from swell {__version__} in "
            f"{Path(__file__).resolve().parents[2]} (Python {platform.python_version()})"
        ),
    )
    parser.add_argument(
        "user_classes",
        nargs="*",
        metavar="<UserClass1 UserClass2>",
        default=os.environ.get("LOCUST_USER_CLASSES", "").split(),
        help="User classes to use (see --list). Default: all. Or LOCUST_USER_CLASSES.",
    )
    if events is None:
        from swell.dialects.locust import names  # noqa: PLC0415 - made of everything else

        events = names.events
    events.init_command_line_parser.fire(parser=parser)
    return parser


def _add(group: Any, names: tuple[str, ...], fields: dict[str, Any], *, exact: bool = False) -> None:
    """Groups of argparse do not come through `LocustArgumentParser.add_argument`."""
    action = group.add_argument(*names, **fields)
    for name, default in _WEB_UI_MARKS.items():
        setattr(action, name, default)
    action.exact = exact


def parse_options(args: Sequence[str] | None = None) -> Any:
    """All options."""
    parser = get_parser()
    options = cast("Any", parser).parse_args(args)
    if options.stats_history_enabled and options.csv_prefix is None:
        parser.error("'--csv-full-history' requires '--csv'.")
    return options
