"""`swell init`: what it finds, what it writes, and that what it writes can be used."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from swell.cli.init_files import workflow_text
from swell.cli.init_find import find_tests
from swell.cli.main import main
from swell.model.suite import decode_suite

ARTILLERY = "config:\n  target: http://shop.example:8080\n  phases: []\nscenarios:\n  - flow: []\n"
HELPER = "import http from 'k6/http';\nexport function get(url) { return http.get(url); }\n"


@pytest.fixture
def project(folder: Path) -> Path:
    """A project with a test of each kind, and files that are none."""
    files = {
        "perf/load.yml": ARTILLERY,
        "perf/helper.js": HELPER,
        "perf/load.py": (folder / "load.py").read_text(),
        "compose.yml": "services: {}\n",
        "app.py": "import flask\n",
        "base.py": "from locust import HttpUser\nclass Base(HttpUser):\n    abstract = True\n",
        "broken.py": "from locust import HttpUser\nclass (",
        "node_modules/k6/x.js": (folder / "script.js").read_text(),
        ".hidden/load.py": (folder / "load.py").read_text(),
        "settings.json": "{}",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_tests_are_found_by_what_is_in_them(project: Path) -> None:
    """Each dialect is recognised; helpers, abstract users and other people's folders are left out."""
    found = {each.path: each.kind for each in find_tests(project)}
    assert found == {
        "load.py": "Swell test",
        "locustfile.py": "locustfile",
        "perf/load.py": "Swell test",
        "perf/load.yml": "Artillery script",
        "script.js": "k6 script",
        "script.yml": "Artillery script",
    }
    assert next(each for each in find_tests(project) if each.kind == "k6 script").variables == ("BASE_URL",)


def test_what_is_written_can_be_used(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """swell.toml is a suite with all tests, each under its own name; the workflow is YAML that calls it."""
    assert main(["init"]) == 0
    said = capsys.readouterr().out
    assert "found script.js (k6 script)" in said
    assert "wrote swell.toml" in said
    suite = decode_suite((project / "swell.toml").read_text(), "swell.toml")
    assert {name: test.file for name, test in suite.tests.items()} == {
        "load": "load.py",
        "locustfile": "locustfile.py",
        "perf-load": "perf/load.py",
        "perf-load-2": "perf/load.yml",
        "script": "script.js",
        "script-2": "script.yml",
    }
    assert suite.targets["local"].url == "http://shop.example:8080"
    assert suite.targets["local"].env == {"BASE_URL": "{url}"}
    assert main(["suite", "--list"]) == 0
    workflow = yaml.safe_load((project / ".github" / "workflows" / "load-test.yml").read_text())
    steps = workflow["jobs"]["load"]["steps"]
    assert any("swell suite" in step.get("run", "") for step in steps)


def test_nothing_is_overwritten_without_force(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is there stays; --force writes it anew."""
    (project / "swell.toml").write_text("mine")
    assert main(["init"]) == 0
    assert (project / "swell.toml").read_text() == "mine"
    assert "kept swell.toml" in capsys.readouterr().err
    assert main(["init"]) == 2
    assert "swell init --force" in capsys.readouterr().err
    assert main(["init", "--force", "--no-workflow"]) == 0
    assert "[tests.load]" in (project / "swell.toml").read_text()


def test_a_folder_without_tests_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what was looked for, and writes nothing."""
    assert main(["init", str(tmp_path)]) == 2
    assert "k6 scripts" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_workflow_of_a_folder_in_a_repository(project: Path) -> None:
    """GitHub looks for workflows at the root: the one of a folder is written there and works in that folder."""
    (project / ".git").mkdir()
    assert main(["init", "perf"]) == 0
    assert (project / "perf" / "swell.toml").exists()
    workflow = yaml.safe_load((project / ".github" / "workflows" / "load-test.yml").read_text())
    assert workflow["jobs"]["load"]["defaults"]["run"]["working-directory"] == "perf"


@pytest.mark.parametrize("install", ["", "swell==0.1.0", "git+https://example.org/swell@abc"])
def test_the_workflow_installs_what_is_known(install: str) -> None:
    """It names where this Swell came from, or says that somebody must."""
    steps = yaml.safe_load(workflow_text("", install))["jobs"]["load"]["steps"]
    [step] = [each["run"] for each in steps if "pip install" in each.get("run", "")]
    assert step == f"pip install '{install}'" if install else "path/to/swell" in step
