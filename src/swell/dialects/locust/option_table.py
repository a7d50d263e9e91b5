"""The options of Locust's command line, and Swell's own that can stand beside them, as data.

Rules: names, environment variables, defaults and meaning are Locust 2.47's. Swell's own options have names that Locust
does not have and are found by their full name only, so that no abbreviation of Locust's changes its meaning. Options of
Locust 0.x and 1.x that its successors dropped are accepted in the same way.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from swell.dialects.locust.timespan import parse_timespan

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["GROUPS", "OLD", "SWELL", "Option"]

Option = tuple[tuple[str, ...], dict[str, Any]]

_HIDE = argparse.SUPPRESS


def _timespan(text: str) -> int:
    try:
        return parse_timespan(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"invalid int value: '{text}'") from None


def _positive(text: str) -> int:
    value = _integer(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be a positive number, not {value}")
    return value


def _rate(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError("must be a finite number")
    if value <= 0:
        raise argparse.ArgumentTypeError("must be > 0")
    return value


def _users(text: str) -> int:
    value = _integer(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return value


def _user_config(text: str) -> list[dict[str, Any]]:
    try:
        found: Any = json.loads(Path(text).read_text() if text.endswith(".json") else text)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise argparse.ArgumentTypeError(
            f"The --config-users argument must be a valid JSON string or file: {error}"
        ) from None
    except OSError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    entries = cast("list[dict[str, Any]]", found if isinstance(found, list) else [found])
    for entry in entries:
        if "user_class_name" not in entry:
            raise argparse.ArgumentTypeError("The user config must specify a user_class_name")
    return entries


def gone(message: str) -> type[argparse.Action]:
    """An action that refuses the option with this message."""

    class Refusal(argparse.Action):
        def __call__(self, *_: Any, **__: Any) -> None:
            raise argparse.ArgumentError(self, message)

    return Refusal


def _flag(*names: str, env: str = "", **more: Any) -> Option:
    return names, {"action": "store_true", **({"env_var": env} if env else {}), **more}


def _value(*names: str, env: str = "", metavar: str = "<string>", **more: Any) -> Option:
    return names, {"metavar": metavar, **({"env_var": env} if env else {}), **more}


def _refused(name: str, message: str, **more: Any) -> Option:
    return (name,), {"action": gone(message), "nargs": 0, "help": _HIDE, **more}


COMMON: list[Option] = [
    _value("-H", "--host", env="LOCUST_HOST", metavar="<base url>", help="Base URL: https://www.example.com"),
    _value(
        "-u",
        "--users",
        env="LOCUST_USERS",
        metavar="<int>",
        type=_users,
        dest="num_users",
        help="Peak number of users.",
    ),
    _value(
        "-r", "--spawn-rate", env="LOCUST_SPAWN_RATE", metavar="<float>", type=_rate, help="Users to spawn per second."
    ),
    _value(
        "-t",
        "--run-time",
        env="LOCUST_RUN_TIME",
        metavar="<time string>",
        type=_timespan,
        help="Stop after this time: 300s, 20m, 3h, 1h30m. Default: run forever.",
    ),
    _flag("-l", "--list", dest="list_commands", help="Show the user classes and exit."),
    _value(
        "--config-users",
        env="LOCUST_CONFIG_USERS",
        metavar="<json>",
        type=_user_config,
        nargs="*",
        help="Attributes of user classes, as JSON texts or .json files.",
    ),
]

WEB: list[Option] = [
    _value(
        "--web-host",
        env="LOCUST_WEB_HOST",
        metavar="<ip>",
        default="",
        help="Address of the page. Default: this machine only; * is all.",
    ),
    _value("--web-host-display-name", env="LOCUST_WEB_HOST_DISPLAY_NAME", help=_HIDE),
    _value(
        "--web-port",
        "-P",
        env="LOCUST_WEB_PORT",
        metavar="<port number>",
        type=int,
        default=8089,
        help="Port of the page. Default: 8089.",
    ),
    _flag("--headless", env="LOCUST_HEADLESS", help="Start the test at once, without a page."),
    _flag("--autostart", env="LOCUST_AUTOSTART", help="Open the page and start the test at once."),
    _value(
        "--autoquit",
        env="LOCUST_AUTOQUIT",
        metavar="<seconds>",
        type=int,
        default=-1,
        help="End so long after the test.",
    ),
    _flag("--headful", env="LOCUST_HEADFUL", help=_HIDE),
    _refused("--web-auth", "--web-auth has been replaced by --web-login in Locust; Swell has neither", nargs=None),
    _flag("--web-login", env="LOCUST_WEB_LOGIN", help=_HIDE),
    _value("--tls-cert", env="LOCUST_TLS_CERT", default="", help=_HIDE),
    _value("--tls-key", env="LOCUST_TLS_KEY", default="", help=_HIDE),
    _flag("--class-picker", env="LOCUST_USERCLASS_PICKER", help=_HIDE),
    _value("--build-path", env="LOCUST_BUILD_PATH", default="", help=_HIDE),
    _refused("--legacy-ui", "--legacy-ui is no longer supported, remove the parameter to continue"),
    _value("--web-base-path", env="LOCUST_WEB_BASE_PATH", default="", help=_HIDE),
]

DISTRIBUTED: list[Option] = [
    _flag("--master", env="LOCUST_MODE_MASTER", help=_HIDE),
    _value("--master-bind-host", env="LOCUST_MASTER_BIND_HOST", default="*", help=_HIDE),
    _value("--master-bind-port", env="LOCUST_MASTER_BIND_PORT", type=int, default=5557, help=_HIDE),
    _value("--expect-workers", env="LOCUST_EXPECT_WORKERS", type=_positive, default=1, help=_HIDE),
    _value("--expect-workers-max-wait", env="LOCUST_EXPECT_WORKERS_MAX_WAIT", type=int, default=0, help=_HIDE),
    _flag("--enable-rebalancing", env="LOCUST_ENABLE_REBALANCING", help=_HIDE),
    _refused("--expect-slaves", "The --expect-slaves parameter has been renamed --expect-workers"),
    _flag("--worker", env="LOCUST_MODE_WORKER", help=_HIDE),
    _value(
        "--processes",
        env="LOCUST_PROCESSES",
        metavar="<int>",
        type=int,
        help="Worker processes on this machine; -1: one for each CPU.",
    ),
    _refused("--slave", "The --slave parameter has been renamed --worker"),
    _value("--master-host", env="LOCUST_MASTER_NODE_HOST", default="127.0.0.1", help=_HIDE),
    _value("--master-port", env="LOCUST_MASTER_NODE_PORT", type=int, default=5557, help=_HIDE),
]

TAGS: list[Option] = [
    _value(
        "-T", "--tags", env="LOCUST_TAGS", metavar="<tag>", nargs="*", help="Run only tasks with one of these tags."
    ),
    _value(
        "-E",
        "--exclude-tags",
        env="LOCUST_EXCLUDE_TAGS",
        metavar="<tag>",
        nargs="*",
        help="Leave out tasks with one of these tags.",
    ),
]

STATISTICS: list[Option] = [
    _value("--csv", env="LOCUST_CSV", metavar="<prefix>", dest="csv_prefix", help="Write PREFIX_stats.csv and others."),
    _flag(
        "--csv-full-history",
        env="LOCUST_CSV_FULL_HISTORY",
        dest="stats_history_enabled",
        help="All rows in PREFIX_stats_history.csv, not only the aggregated one. Needs --csv.",
    ),
    _flag("--print-stats", env="LOCUST_PRINT_STATS", help="Print the table while the test runs (the default here)."),
    _flag("--only-summary", env="LOCUST_ONLY_SUMMARY", help="Print only the closing tables."),
    _flag("--reset-stats", env="LOCUST_RESET_STATS", help="Reset the statistics when all users are spawned."),
    _value(
        "--html",
        env="LOCUST_HTML",
        metavar="<filename>",
        dest="html_file",
        help="Write a report; {u}, {r} and {t} in the name become users, spawn rate and run time.",
    ),
    _flag("--json", help="Print the final statistics as JSON on stdout."),
    _value("--json-file", metavar="<filename>", dest="json_file", help="Write the final statistics to NAME.json."),
]

LOGGING: list[Option] = [
    _flag("--skip-log-setup", env="LOCUST_SKIP_LOG_SETUP", dest="skip_log_setup", help="Leave logging to the test."),
    _value(
        "--loglevel",
        "-L",
        env="LOCUST_LOGLEVEL",
        metavar="<level>",
        default="INFO",
        choices=["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
        type=str.upper,
        help="DEBUG, INFO, WARNING, ERROR or CRITICAL. Default: INFO.",
    ),
    _value("--logfile", env="LOCUST_LOGFILE", metavar="<filename>", help="Log to this file, not to stderr."),
]

OTHER: list[Option] = [
    _flag("--show-task-ratio", help="Print the shares of the tasks and exit."),
    _flag("--show-task-ratio-json", help="As --show-task-ratio, as JSON."),
    _value(
        "--exit-code-on-error",
        env="LOCUST_EXIT_CODE_ON_ERROR",
        metavar="<int>",
        type=int,
        default=1,
        help="Exit code when a request or a task failed. Default: 1.",
    ),
    _value(
        "-s",
        "--stop-timeout",
        env="LOCUST_STOP_TIMEOUT",
        metavar="<number>",
        default="0",
        type=_timespan,
        help="Seconds that running tasks get at the end. Default: 0, they are cut off.",
    ),
    _flag("--equal-weights", help="All tasks and user classes with the same weight."),
    _value("--profile", help="A label of this run. (Load profiles of Swell: --swell-profile.)"),
    _flag("--otel", env="LOCUST_ENABLE_OPENTELEMETRY", help=_HIDE),
]

GROUPS: list[tuple[str, list[Option]]] = [
    ("Common options", COMMON),
    ("Web UI options", WEB),
    ("Distribution", DISTRIBUTED),
    ("Tag options", TAGS),
    ("Request statistics options", STATISTICS),
    ("Logging options", LOGGING),
    ("Other options", OTHER),
]


def _parsed(parse: str) -> Callable[[str], Any]:
    """A type from `model.units`."""

    def convert(text: str) -> Any:
        from swell.model import units  # noqa: PLC0415 - only where such an option is given

        try:
            return getattr(units, parse)(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert


SWELL: list[Option] = [
    _value(
        "--threshold",
        metavar="<expr>",
        action="append",
        default=[],
        help="A criterion: 'http_req_duration: p(95) < 500ms'.",
    ),
    _value(
        "--thresholds",
        metavar="<filename>",
        action="append",
        default=[],
        help="A file with one criterion a line.",
    ),
    _value(
        "--rate",
        metavar="<n>/s",
        type=_parsed("parse_rate"),
        help="Task runs started per second, however long each takes (-u: users there may be at most).",
    ),
    _value(
        "--swell-profile",
        metavar="<name>",
        default="",
        help="A load profile: smoke, average, stress, spike, soak or breakpoint.",
    ),
    _value("--time-scale", metavar="<x>", type=_rate, default=1.0, help="Make the plan x times as long."),
    _value("--load-scale", metavar="<x>", type=_rate, default=1.0, help="Make the load x times as large."),
    _value("--seed", metavar="<int>", type=int, help="Makes everything random in the plan repeatable."),
    _value("--summary-json", metavar="<filename>", default="", help="Write Swell's summary as JSON."),
    _value("--junit", metavar="<filename>", default="", help="Write the criteria as a JUnit file."),
    _value("--markdown", metavar="<filename>", default="", help="Write a summary as Markdown."),
    _value(
        "--out",
        metavar="<name>=<arg>",
        action="append",
        default=[],
        help="Send measurements meanwhile: json, csv, influxdb, otlp, prometheus, prometheus-rw, pushgateway, statsd.",
    ),
    _value(
        "--baseline",
        metavar="<name>",
        nargs="?",
        const="default",
        help="Compare with this baseline of the store; a regression fails the run.",
    ),
    _value("--margin", metavar="<share>", default="5%", help="With --baseline: smaller changes do not matter."),
    _flag("--strict", help="Exit with 1 also for a WARN of a threshold."),
    _value("--store", metavar="<url>", default="", help="Keep the run there. Default: .swell/runs.db."),
    _flag("--no-store", help="Do not keep the run."),
]

OLD: list[Option] = [
    _flag("--no-web", dest="old_headless", help=_HIDE),
    _value("-c", "--clients", dest="old_users", type=int, help=_HIDE),
    _value("--hatch-rate", dest="old_rate", type=_rate, help=_HIDE),
    _flag("--no-reset-stats", dest="old_no_reset", help=_HIDE),
    _flag("--step-load", dest="old_step_load", help=_HIDE),
    _value("--step-clients", "--step-users", dest="old_step_users", type=int, help=_HIDE),
    _value("--step-time", dest="old_step_time", help=_HIDE),
]
