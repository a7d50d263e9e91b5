"""`import locust` inside a test: every name and module that test files use, from Swell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

IMPORTS = """
from locust import (
    FastHttpUser, HttpUser, LoadTestShape, MarkovTaskSet, SequentialTaskSet, TaskSet, User, between, constant,
    constant_pacing, constant_throughput, events, poisson, run_single_user, tag, task, transition, transitions,
    wait_time, __version__,
)
from locust.argument_parser import LocustArgumentParser, get_parser, parse_options
from locust.clients import HttpSession, LocustHttpAdapter, ResponseContextManager, RestResponseContextManager
from locust.contrib.csv_request_logger import CsvRequestLogger
from locust.contrib.fasthttp import (
    ErrorResponse, FastHttpSession, FastHttpUser, FastResponse, LocustBadStatusCode, LocustUserAgent,
    ResponseContextManager, RestResponseContextManager,
)
from locust.debug import run_single_user
from locust.dispatch import UsersDispatcher
from locust.env import Environment
from locust.event import EventHook, Events
from locust.exception import (
    CatchResponseError, InterruptTaskSet, LocustError, MissingWaitTimeError, RPCError, RPCReceiveError, RPCSendError,
    RescheduleTask, RescheduleTaskImmediately, ResponseError, RunnerAlreadyExistsError, StopTest, StopUser,
)
from locust.html import get_html_report, render_template_from
from locust.log import greenlet_exception_logger, setup_logging
from locust.main import load_locustfile, main
from locust.rpc.protocol import Message
from locust.runners import (
    CPU_WARNING_THRESHOLD, HEARTBEAT_INTERVAL, LocalRunner, MasterRunner, Runner, STATE_CLEANUP, STATE_INIT,
    STATE_MISSING, STATE_RUNNING, STATE_SPAWNING, STATE_STOPPED, STATE_STOPPING, WORKER_REPORT_INTERVAL, WorkerRunner,
)
from locust.shape import LoadTestShape
from locust.stats import (
    CONSOLE_STATS_INTERVAL_SEC, PERCENTILES_TO_REPORT, RequestStats, StatsCSV, StatsCSVFileWriter, StatsEntry,
    StatsError, bucket_response_time, calculate_response_time_percentile, get_readable_percentiles, print_error_report,
    print_percentile_stats, print_stats, print_stats_json, sort_stats, stats_history, stats_printer,
)
from locust.user import HttpUser, TaskSet, User, tag, task
from locust.user.inspectuser import get_ratio, print_task_ratio
from locust.user.sequential_taskset import SequentialTaskSet
from locust.user.task import DefaultTaskSet, LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, TaskSet, tag, task
from locust.user.users import FastHttpUser, HttpUser, User
from locust.user.wait_time import between, constant
from locust.util.timespan import parse_timespan
from locust.web import HOST_IS_REQUIRED, WebUI
import locust, locust.stats
import locust.runners as runners
import swell.dialects.locust.stats as own

assert locust.stats is own and locust.user.task.TaskSet is TaskSet and __version__ == "2.47.0"
assert runners.LocalRunner is LocalRunner and locust.events is events
locust.stats.PERCENTILES_TO_REPORT = [0.5]
assert own.PERCENTILES_TO_REPORT == [0.5]
for old in ("HttpLocust", "Locust"):
    try:
        type("Old", (getattr(locust, old),), {})
    except ImportError as error:
        assert "renamed" in str(error)
    else:
        raise AssertionError(old)
try:
    import locust.nothing
except ModuleNotFoundError as error:
    assert "locust.nothing" in str(error)
"""


def test_every_name_resolves_here() -> None:
    """All names and submodules that test files import come from Swell, installed Locust or not; live ones are live."""
    script = f"from swell.dialects.locust import aliases\naliases.install()\n{IMPORTS}\nprint('ok')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "ok\n", done.stderr


def test_nothing_is_aliased_before_a_locustfile_is_loaded() -> None:
    """Importing Swell does not touch the name `locust`."""
    script = "import sys, swell, swell.cli.main, swell.dialects.python.loader\nprint('locust' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "False\n", done.stderr


def test_modules_beside_the_file_are_found(tmp_path: Path) -> None:
    """A locustfile imports modules of its own folder and of the working directory."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "top.py").write_text("NAME = 'Top'\n")
    (tmp_path / "tests" / "beside.py").write_text(
        "from locust import User, task\n\nclass Base(User):\n    abstract = True\n"
    )
    (tmp_path / "tests" / "file.py").write_text(
        "from locust import task\nfrom beside import Base\nfrom top import NAME\n\n"
        "class One(Base):\n    @task\n    def run_it(self):\n        pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "swell", "locust", "-f", "tests/file.py", "--list"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "Available Users:\n    One\n", done.stderr
