"""Loading test files: what works, and what people are told when it does not."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import swell
from swell.dialects.python.exceptions import TestFileError
from swell.dialects.python.loader import LOADER, load
from swell.dialects.python.options import RunOptions
from swell.model.plan import Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

USER = """
class Visitor(User):
    @task
    def visit(self): ...
"""


def fails(write: Callable[..., Source], text: str) -> TestFileError:
    """The error that loading this text gives."""
    with pytest.raises(TestFileError) as caught:
        load(write(text))
    error = caught.value
    assert "loader.py" not in str(error)
    assert "swell/dialects" not in str(error)
    return error


def test_every_public_name_exists() -> None:
    """Each name of `swell.__all__` can be had, and is listed by dir()."""
    for name in swell.__all__:
        assert getattr(swell, name) is not None
    assert set(swell.__all__) <= set(dir(swell))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        swell.nothing  # noqa: B018


def test_import_is_light() -> None:
    """`import swell` loads none of its modules; the names of the Python API load neither numpy nor the HTTP client."""
    code = (
        "import sys, swell; assert not [m for m in sys.modules if m.startswith('swell.')];"
        "from swell import *;"
        "assert not {'numpy', 'rich', 'starlette', 'swell.http.session'} & set(sys.modules), sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_module_and_neighbours(write: Callable[..., Source], tmp_path: Path) -> None:
    """The file's folder is on sys.path, its module can be pickled from, and neighbours are loaded anew each time."""
    (tmp_path / "neighbour.py").write_text("from swell import Counter\norders = Counter('orders')\n")
    source = write("import neighbour\nclass Row:\n    pass\n" + USER)
    first, second = load(source), load(source)
    assert first.users["Visitor"] is not second.users["Visitor"]
    module = sys.modules[second.users["Visitor"].__module__]
    assert isinstance(pickle.loads(pickle.dumps(module.Row())), module.Row)
    assert first.declared_metrics() == second.declared_metrics() == {"orders": "counter"}


def test_imported_users_count(write: Callable[..., Source], tmp_path: Path) -> None:
    """User classes may come from modules beside the file; the same class twice is one."""
    (tmp_path / "people.py").write_text("from swell import User, task\n" + USER)
    program = load(write("from people import Visitor\nAgain = Visitor\nfrom people import *\n"))
    assert list(program.users) == ["Visitor"]


def test_environment_of_the_source(write: Callable[..., Source], monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables given for the run are there while the file loads."""
    monkeypatch.delenv("SHOP", raising=False)
    source = write(
        "import os\nclass Visitor(User):\n    host = os.environ['SHOP']\n    @task\n    def visit(self): ...\n"
    )
    program = load(Source(LOADER, source.path, env={"SHOP": "http://shop.test"}))
    assert program.users["Visitor"].host == "http://shop.test"
    monkeypatch.setenv("SHOP", "")


def test_weight_zero_leaves_out(write: Callable[..., Source]) -> None:
    """A class of weight 0 takes no part; if none is left, that is an error."""
    other = "class Other(User):\n    weight = 0\n    @task\n    def visit(self): ...\n"
    assert list(load(write(USER + other)).users) == ["Visitor"]
    assert "every user class has weight 0" in str(fails(write, other))


def test_abstract_users_do_not_count(write: Callable[..., Source]) -> None:
    """An abstract class is a base only."""
    error = fails(write, "class Base(User):\n    abstract = True\n    @task\n    def visit(self): ...\n")
    assert "there is no user class" in str(error)


def test_tags_select_tasks(write: Callable[..., Source]) -> None:
    """Tags of the source leave only the tasks they select, nested ones too."""
    text = """
class Shop(TaskSet):
    @tag("slow")
    @task
    def buy(self): ...
    @task
    def look(self): ...

class Visitor(User):
    tasks = [Shop]
    @task
    def visit(self): ...
"""
    program = load(write(text, exclude_tags="slow"))
    visitor = program.users["Visitor"]
    assert [one.__name__ for one in visitor.tasks] == ["Shop", "visit"]
    assert [one.__name__ for one in visitor.tasks[0].tasks] == ["look"]
    with pytest.raises(TestFileError, match="no task is left"):
        load(write(text, tags="unknown"))


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there, a folder, and a file of another kind are named."""
    for name, problem in (("nothing.py", "no such file"), (".", "folder")):
        with pytest.raises(TestFileError, match=problem):
            load(Source(LOADER, str(tmp_path / name)))
    (tmp_path / "binary.py").write_bytes(b"\x00\xff\x00")
    with pytest.raises(TestFileError):
        load(Source(LOADER, str(tmp_path / "binary.py")))
    (tmp_path / "notes.txt").write_text("x = 1\n")
    with pytest.raises(TestFileError, match=r"\.py"):
        load(Source(LOADER, str(tmp_path / "notes.txt")))


def test_syntax_error(write: Callable[..., Source]) -> None:
    """A syntax error is shown with line, text and marker, and nothing else."""
    error = fails(write, "\nclass Visitor(User)\n    pass\n")
    assert error.line == 3
    assert "SyntaxError" in error.problem
    assert "class Visitor(User)" in error.trace
    assert "^" in error.trace


def test_syntax_error_beside(write: Callable[..., Source], tmp_path: Path) -> None:
    """A syntax error in a module beside the file names that module."""
    (tmp_path / "broken_neighbour.py").write_text("x = = 1\n")
    assert "broken_neighbour.py:1" in str(fails(write, "import broken_neighbour\n" + USER))


def test_import_error(write: Callable[..., Source]) -> None:
    """A module that is not there: line of the import, Python's own words."""
    error = fails(write, "\nimport no_such_module_anywhere\n" + USER)
    assert error.line == 3
    assert error.problem == "ModuleNotFoundError: No module named 'no_such_module_anywhere'"


def test_user_traceback(write: Callable[..., Source], tmp_path: Path) -> None:
    """An exception at import shows the user's frames, through modules beside the file, with the line in the file."""
    (tmp_path / "helper_module.py").write_text("def explode():\n    raise LookupError('boom')\n")
    error = fails(write, "\nfrom helper_module import explode\n\nexplode()\n" + USER)
    assert error.line == 5
    assert error.problem == "LookupError: boom"
    assert "helper_module.py" in error.trace
    assert "importlib" not in error.trace


def test_exit_at_import(write: Callable[..., Source]) -> None:
    """A file that ends the process is told so, and the process lives on."""
    assert "sys.exit(3)" in str(fails(write, "raise SystemExit(3)\n"))


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("x = 1\n", 0, "there is no user class"),
        ("class Visitor(User):\n    pass\n", 2, "Visitor has no tasks"),
        ("class A(User):\n    @task\n    def a(self): ...\n" * 2, 5, "two user classes named A (line 2)"),
        ("class A(User):\n    @task(1.5)\n    def a(self): ...\n", 3, "whole number, not 1.5"),
        ("class A(User):\n    weight = 'x'\n    @task\n    def a(self): ...\n", 3, "A.weight must be a number"),
        ("class A(User):\n    weight = -1\n    @task\n    def a(self): ...\n", 3, "A.weight must be a number"),
        ("class A(User):\n    fixed_count = 1.5\n    @task\n    def a(self): ...\n", 3, "A.fixed_count"),
        ("class A(User):\n    wait_time = 2\n    @task\n    def a(self): ...\n", 3, "such as constant(2)"),
        ("class A(User):\n    load = 5\n    @task\n    def a(self): ...\n", 3, "A.load must be a load"),
        ("class A(User):\n    load = ramp(1, 1)\n    @task\n    def a(self): ...\n", 3, "duration"),
        ("class A(User):\n    load = arrivals('x/s', 5)\n    @task\n    def a(self): ...\n", 3, "rate"),
        ("class A(HttpUser):\n    host = 'localhost'\n    @task\n    def a(self): ...\n", 3, "http://localhost"),
        ("class A(HttpUser):\n    http_options = {'tiemout': 1}\n    @task\n    def a(self): ...\n", 3, "'tiemout'"),
        ("class A(HttpUser):\n    http_options = {'timeout': 'x'}\n    @task\n    def a(self): ...\n", 3, "float"),
        ("class T(TaskSet): pass\nclass A(User):\n    tasks = [T]\n", 0, "T has no tasks"),
        (USER + "load = 7\n", 6, "load must be a load"),
        (USER + "profiles = [1]\n", 6, "must be a dictionary"),
        (USER + "profiles = {'peak': 5}\n", 6, "profiles['peak'] must be a load"),
        (USER + "profiles = {'p': {'load': {'Nobody': users(1, 1)}}}\n", 6, "no user class 'Nobody'"),
        (USER + "profiles = {'p': {'loads': 1}}\n", 6, "not 'loads'"),
        (USER + "thresholds = ['http_req_duration: p(95) <']\n", 6, "thresholds:"),
        (USER + "thresholds = 5\n", 6, "thresholds:"),
        (USER + "class S(LoadTestShape): ...\nclass R(LoadTestShape): ...\n", 7, "one load shape"),
        (USER + "Counter('a b')\n", 6, "no name for a metric"),
        (USER + "a = Counter('a')\nb = Rate('a')\n", 7, "declared twice"),
    ],
)
def test_bad_files(write: Callable[..., Source], text: str, line: int, problem: str) -> None:
    """Each mistake in a file is named with its line."""
    error = fails(write, text)
    assert problem in str(error)
    assert error.line == line


def test_attribute_of_a_base(write: Callable[..., Source]) -> None:
    """A bad attribute is found where it stands, also in a base class of the file."""
    text = "class Base(User):\n    abstract = True\n    weight = []\nclass A(Base):\n    @task\n    def a(self): ...\n"
    assert fails(write, text).line == 4


def test_module_names_are_no_declarations(write: Callable[..., Source]) -> None:
    """An imported module or function that happens to be named like a declaration is none."""
    program = load(write("import json as load, json as profiles, json as thresholds\n" + USER))
    assert program.declared.load is None


def test_error_is_for_people() -> None:
    """The engine shows these errors as they are."""
    error: Any = TestFileError("no", path="x.py", line=3, trace="t")
    assert error.for_people
    assert str(error) == "x.py:3: no\n\nt"


def test_what_our_names_refuse_is_said_once(write: Callable[..., Source], tmp_path: Path) -> None:
    """A wrong argument is one line with its place, in the file or beside it; no traceback repeats it."""
    error = fails(write, "load = arrivals('5/s', '5s', max_user=3)\n" + USER)
    assert error.problem == "'max_user' is no option of this load; did you mean max_users?"
    assert (error.line, error.trace) == (2, "")
    error = fails(write, "class Visitor(User):\n    wait_time = between(3, 1)\n    @task\n    def visit(self): ...\n")
    assert "the lower bound comes first" in error.problem
    assert (error.line, error.trace) == (3, "")
    (tmp_path / "loads.py").write_text("from swell import arrivals\n\npeak = arrivals('5/x', '5s')\n")
    error = fails(write, "from loads import peak\n" + USER)
    assert error.path.endswith("loads.py")
    assert (error.line, error.trace) == (3, "")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ('{"verify": "/nowhere/ca.pem"}', "verify: the CA file /nowhere/ca.pem does not exist"),
        ('{"client_cert": "/nowhere/me.pem"}', "client_cert: the client certificate /nowhere/me.pem"),
        ('{"proxy": "socks5://x:1"}', "proxy: socks5://"),
        ('{"timeout": 0}', "timeout: a limit of 0 s"),
    ],
)
def test_http_options_that_cannot_work(write: Callable[..., Source], options: str, words: str) -> None:
    """Found when the file is loaded, with its line, and not by every request of the run."""
    user = f"class Visitor(HttpUser):\n    host = 'http://x'\n    http_options = {options}\n"
    error = fails(write, user + "    @task\n    def visit(self): ...\n")
    assert words in error.problem
    assert "Visitor.http_options" in error.problem
    assert error.line == 4


@pytest.mark.parametrize("name", ["setup_timeout", "teardown_timeout"])
def test_limits_of_phases(write: Callable[..., Source], name: str) -> None:
    """The file says how long its setup and teardown may take; nonsense has a line."""
    plan = load(write(f"{name} = '2m'\n" + USER)).plan(RunOptions())
    assert getattr(plan, name) == 120
    assert getattr(load(write(USER)).plan(RunOptions()), name) == 60
    for value in ("0", "'soon'", "-1", "None.__class__"):
        error = fails(write, f"{name} = {value}\n" + USER)
        assert name in error.problem
        assert error.line == 2
