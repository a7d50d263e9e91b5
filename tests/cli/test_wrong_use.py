"""Wrong use: told on stderr in words, with what to do, exit code 2, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said

Swell = Callable[..., Said]
HOST = ("--host", "http://127.0.0.1:9")


def check_wrong(said: Said, *words: str) -> None:
    """Exit code 2, nothing on stdout, these words and no traceback of ours on stderr."""
    assert said.code == 2
    assert said.out == ""
    for word in words:
        assert word in said.err
    assert "site-packages" not in said.err
    assert "src/swell" not in said.err


def test_help_is_short_and_lists_the_commands(swell: Swell) -> None:
    """`swell` and `swell --help` show the same overview."""
    said = swell("--help")
    assert said.code == 0
    for name in ("run", "check", "demo"):
        assert name in said.out
    assert swell().out == said.out


def test_version(swell: Swell) -> None:
    """`--version` is one line; `version` also names what it runs on."""
    assert swell("--version").out.startswith("swell ")
    assert "python" in swell("version").out


def test_unknown_command(swell: Swell) -> None:
    """The nearest command is suggested."""
    check_wrong(swell("rnu"), "no command 'rnu'", "Did you mean 'run'?")


def test_a_file_without_a_command(swell: Swell) -> None:
    """`swell loadtest.py` says how to run it."""
    check_wrong(swell("loadtest.py"), "swell run loadtest.py")


def test_unknown_option(swell: Swell) -> None:
    """The nearest option is suggested."""
    check_wrong(swell("run", "loadtest.py", "--user", "3"), "--user", "--users")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, ["criteria.txt", "cannot be read"]),
        (b"http_reqs: count > 1\nhttp_reqs count\n", ["criteria.txt:2"]),
        (b"\xff\xfe", ["criteria.txt", "UTF-8"]),
        (b"# later\n", ["criteria.txt", "no threshold"]),
    ],
)
def test_files_of_thresholds(swell: Swell, folder: Path, content: bytes | None, words: list[str]) -> None:
    """A file of thresholds that is not there, or holds something else, is refused with the file and line."""
    if content is not None:
        (folder / "criteria.txt").write_bytes(content)
    check_wrong(swell("run", "loadtest.py", *HOST, "-t", "1s", "--thresholds", "criteria.txt"), *words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-t", "soon"], ["soon", "duration"]),
        (["-t", "0"], ["longer than 0"]),
        (["-u", "0"], ["0"]),
        (["-u", "many"], ["'many' is no whole number", "from 1 up"]),
        (["--seed", "x"], ["'x' is no whole number"]),
        (["-u", "99999999999", "-t", "3s"], ["99,999,999,999 users are too many", "--processes"]),
        (["-u", "1", "-t", "3s", "--load-scale", "1e300"], ["users are too many"]),
        (["-u", "1", "-t", "3s", "--time-scale", "1e300"], ["more than 3,650 days"]),
        (["--rate", "1e12/s", "-t", "3s"], ["arrivals per second are too many"]),
        (["--iterations", "9" * 25], ["iterations are too many"]),
        (["--stage", "0s:5"], ["0 seconds"]),
        (["--store", "loadtest.py"], ["--store", "not a database", "--no-store"]),
        (["--store", "mysql://x"], ["--store", "postgresql://"]),
        (["--rate", "fast"], ["fast", "200/s"]),
        (["--rate", "10/s"], ["--duration"]),
        (["--stage", "30s"], ["30s", "DURATION:USERS"]),
        (["--rate-stage", "10/s"], ["DURATION:RATE"]),
        (["--stage", "5s:3", "--rate", "10/s", "-t", "5s"], ["--stage", "--rate"]),
        (["--time-scale", "0"], ["above 0"]),
        (["--processes", "some"], ["auto"]),
        (["--tag", "colour"], ["NAME=VALUE"]),
        (["-e", "=x"], ["NAME=VALUE"]),
        (["--resolve", "example.org"], ["HOST:PORT:ADDRESS"]),
        (["--resolve", "example.org:443:elsewhere"], ["'elsewhere' is no IP address", "HOST:PORT:ADDRESS"]),
        (["--resolve", "example.org:0:10.0.0.7"], ["1 to 65535"]),
        (["--profile", "smok"], ["smok", "smoke"]),
        (["--only", "Nobody"], ["Nobody", "Visitor"]),
        (["-u", "2", "-t", "5s", "--max-users", "5"], ["--max-users", "--rate"]),
    ],
)
def test_values_that_make_no_sense(swell: Swell, options: list[str], words: list[str]) -> None:
    """The message names the value, and what a right one looks like."""
    check_wrong(swell("run", "loadtest.py", *HOST, *options), *words)


@pytest.mark.parametrize(
    ("host", "word"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("ftp://example.org", "ftp"),
        ("http://", "no host"),
        ("http://example.org:99999", "99999"),
        ("http://example.org/?x=1", "begins with ?"),
        ("http://example.org/#top", "begins with #"),
    ],
)
def test_a_host_that_is_no_base_url(swell: Swell, host: str, word: str) -> None:
    """A missing scheme is answered with the line to write; others with what is wrong."""
    check_wrong(swell("run", "loadtest.py", "--host", host), word)


def test_no_host_at_all(swell: Swell) -> None:
    """A test that needs a host says which option gives it."""
    check_wrong(swell("run", "loadtest.py"), "--host", "Visitor")


def test_missing_file(swell: Swell) -> None:
    """A similar file is suggested."""
    check_wrong(swell("run", "loadtst.py"), "no file loadtst.py", "loadtest.py")


def test_a_folder_or_another_kind_of_file(swell: Swell, folder: Path) -> None:
    """Both are refused by name."""
    (folder / "plan.toml").write_text("x = 1")
    check_wrong(swell("run", "."), "folder")
    check_wrong(swell("run", "plan.toml"), "plan.toml", ".py")


def test_an_import_error_shows_the_users_traceback_only(swell: Swell, folder: Path) -> None:
    """File, line and the user's own frames, none of ours."""
    (folder / "helper.py").write_text("def make():\n    import no_such_module_anywhere\n")
    (folder / "broken.py").write_text("import helper\n\nhelper.make()\n")
    said = swell("run", "broken.py", *HOST)
    check_wrong(said, "broken.py:3", "helper.py", "no_such_module_anywhere", "Traceback")


def test_a_syntax_error_names_the_line(swell: Swell, folder: Path) -> None:
    """As Python shows it."""
    (folder / "broken.py").write_text("x = 1\ndef f(:\n    pass\n")
    check_wrong(swell("run", "broken.py", *HOST), "broken.py:2", "def f(:")


def test_a_file_without_users(swell: Swell, folder: Path) -> None:
    """Nothing to run is an error."""
    (folder / "empty.py").write_text("")
    check_wrong(swell("run", "empty.py", *HOST), "empty.py")


@pytest.mark.parametrize(
    ("threshold", "words"),
    [
        ("http_req_durations: p(95) < 500", ["http_req_durations", "http_req_duration?"]),
        ("my_own_metric: count > 1", ["my_own_metric", "declared"]),
        ("http_req_duration: p(95)", ["--threshold"]),
        ("http_req_duration p(95) < 500", ["--threshold"]),
        ("http_req_duration: p(195) < 500", ["195"]),
        ("http_req_failed: p(95) < 1", ["http_req_failed", "rate"]),
        ("http_req_failed: rate < -1", ["-1"]),
    ],
)
def test_thresholds_that_cannot_work(swell: Swell, threshold: str, words: list[str]) -> None:
    """Unknown metrics and impossible expressions are found before the run."""
    check_wrong(swell("run", "loadtest.py", *HOST, "--threshold", threshold), *words)


def test_a_declared_metric_may_be_judged(swell: Swell, folder: Path) -> None:
    """A metric that the file declares is known before it has a sample."""
    text = (folder / "loadtest.py").read_text()
    (folder / "own.py").write_text("from swell import Trend\nsize = Trend('basket_size')\n" + text)
    said = swell("check", "own.py", "--threshold", "basket_size: avg < 5")
    assert said.code == 0
    assert "basket_size" in said.out


@pytest.mark.parametrize("option", ["--json", "--html", "--junit", "--markdown"])
@pytest.mark.parametrize("path", ["loadtest.py/summary", "."])
def test_files_in_places_that_cannot_be_written(swell: Swell, option: str, path: str) -> None:
    """Said before the run, not after an hour of it."""
    check_wrong(swell("run", "loadtest.py", *HOST, option, path), option, path)


def test_outputs_that_cannot_work(swell: Swell) -> None:
    """An output with a name or a place that cannot be is refused before the run."""
    check_wrong(swell("run", "loadtest.py", *HOST, "-t", "1s", "--out", "jsn=x"), "jsn", "json")
    check_wrong(swell("run", "loadtest.py", *HOST, "-t", "1s", "--out", "csv=."), "csv=.")


def test_the_hint_on_own_metrics_is_for_unknown_ones(swell: Swell) -> None:
    """Misuse of a built-in metric, or a misspelt one, has nothing to do with declarations."""
    for threshold in ("http_req_failed: count < 10", "http_req_duratin: p(95) < 10"):
        said = swell("run", "loadtest.py", *HOST, "--threshold", threshold)
        check_wrong(said, "threshold")
        assert "declared" not in said.err


def test_a_proxy_that_is_none(swell: Swell, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOCKS is refused before the start, from the option and from the environment, by check too."""
    check_wrong(swell("run", "loadtest.py", *HOST, "--proxy", "socks5://x:1"), "--proxy", "socks5://")
    monkeypatch.setenv("HTTP_PROXY", "socks5://x:1")
    monkeypatch.delenv("http_proxy", raising=False)
    check_wrong(swell("check", "loadtest.py"), "HTTP_PROXY", "socks5://")


def test_http_options_of_the_file(swell: Swell, folder: Path) -> None:
    """A file that is not there is named with the line that names it."""
    text = (folder / "loadtest.py").read_text()
    own = text.replace("    wait_time", "    http_options = {'verify': '/nowhere.pem'}\n    wait_time")
    (folder / "trusting.py").write_text(own)
    check_wrong(swell("run", "trusting.py", *HOST), "trusting.py:5", "verify", "/nowhere.pem")


def test_a_profile_of_the_file_and_a_load(swell: Swell, folder: Path) -> None:
    """Neither is dropped in silence."""
    text = (folder / "loadtest.py").read_text()
    (folder / "sizes.py").write_text(text + "\nfrom swell import users\nprofiles = {'peak': users(50, '5m')}\n")
    check_wrong(swell("run", "sizes.py", *HOST, "--profile", "peak", "-u", "3"), "drop --users", "drop --profile")
    check_wrong(swell("check", "sizes.py", "--profile", "peek"), "Did you mean 'peak'")
