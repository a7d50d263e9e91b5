"""Archives, new scripts, and what a test needs."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from swell.dialects.k6.archive import ArchiveError, is_archive, unpack_archive, write_archive
from swell.dialects.k6.inspect_requirements import Requirements, duration_text, requirements, seconds_of
from swell.dialects.k6.new import TEMPLATES, main


def tar_of(path: Path, content: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, data in content.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return path


def test_an_archive_comes_back_whole(tmp_path: Path) -> None:
    """Script, files, remote modules, options and environment."""
    script = tmp_path / "test.js"
    script.write_text("export default function () {}")
    data = tmp_path / "data" / "users.csv"
    files = {str(script): script.read_bytes(), str(data): b"a,b", "https://jslib.k6.io/x/1.0/index.js": b"// x"}
    out = tmp_path / "out.tar"
    write_archive(out, script, files, options={"vus": 3}, env={"A": "b"}, version="2.2.0")
    assert is_archive(out)
    assert not is_archive(script)
    into = tmp_path / "unpacked"
    into.mkdir()
    found = unpack_archive(out, into)
    assert found.script.read_text() == script.read_text()
    assert (found.options, found.env) == ({"vus": 3}, {"A": "b"})
    assert (found.script.parent / "data" / "users.csv").read_bytes() == b"a,b"
    assert (found.remote / "jslib.k6.io/x/1.0/index.js").read_bytes() == b"// x"
    assert found.pwd == found.script.parent
    assert found.folder.joinpath(*data.parts[1:]).is_file()


def test_an_archive_with_the_script_as_data_only(tmp_path: Path) -> None:
    """k6 keeps the main script twice; the one named data is enough."""
    metadata = {"type": "js", "filename": "file:///C:/tests/a%20b.js", "pwd": "file:///C:/tests", "options": None}
    out = tar_of(tmp_path / "a.tar", {"metadata.json": json.dumps(metadata).encode(), "data": b"// main"})
    into = tmp_path / "unpacked"
    into.mkdir()
    found = unpack_archive(out, into)
    assert found.script.read_text() == "// main"
    assert found.script == into / "file" / "C_" / "tests" / "a b.js"
    assert (found.options, found.env) == ({}, {})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"../evil.js": b"x"}, "leads out"),
        ({"/etc/evil.js": b"x"}, "leads out"),
        ({"file\\..\\..\\evil.js": b"x"}, "leads out"),
        ({"a.txt": b"x"}, "no metadata.json"),
        ({"metadata.json": b"[]"}, "no metadata.json"),
        ({"metadata.json": b'{"filename": "file:///a.js"}'}, "the script is missing"),
    ],
)
def test_what_is_no_archive_is_told(tmp_path: Path, content: dict[str, bytes], said: str) -> None:
    """Nothing is written outside of the folder."""
    into = tmp_path / "unpacked"
    into.mkdir()
    with pytest.raises(ArchiveError, match=said):
        unpack_archive(tar_of(tmp_path / "a.tar", content), into)
    assert not (tmp_path / "evil.js").exists()


def test_links_are_refused(tmp_path: Path) -> None:
    """A link could point anywhere."""
    out = tmp_path / "a.tar"
    with tarfile.open(out, "w") as tar:
        entry = tarfile.TarInfo("file/link")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(entry)
    with pytest.raises(ArchiveError, match="links"):
        unpack_archive(out, tmp_path)


def test_a_broken_tar_file_is_told(tmp_path: Path) -> None:
    """Cut off in the middle."""
    whole = tar_of(tmp_path / "a.tar", {"metadata.json": b"{}" * 2000})
    cut = tmp_path / "b.tar"
    cut.write_bytes(whole.read_bytes()[:1500])
    with pytest.raises(ArchiveError, match="no readable tar file"):
        unpack_archive(cut, tmp_path)


def test_new_writes_a_script_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """script.js by default; a file that is there stays, unless forced."""
    monkeypatch.chdir(tmp_path)
    assert main([]) == 0
    assert Path("script.js").read_text() == TEMPLATES["minimal"]
    assert main([]) == 1
    assert "--force" in capsys.readouterr().err
    assert main(["--template", "protocol", "-f"]) == 0
    assert Path("script.js").read_text() == TEMPLATES["protocol"]
    assert main(["b.js", "--template", "script.js"]) == 0
    assert Path("b.js").read_text() == TEMPLATES["protocol"]
    for bad in (["--template", "browser", "c.js"], ["--template", "nowhere", "c.js"], ["no/such/folder.js"]):
        assert main(bad) == 1


SHARED = {"executor": "shared-iterations", "vus": 10, "iterations": 4, "maxDuration": "1m"}


@pytest.mark.parametrize(
    ("scenarios", "wanted"),
    [
        ({}, (0, 0)),
        ({"a": SHARED}, (90, 4)),
        ({"a": {"executor": "per-vu-iterations", "vus": 3, "gracefulStop": "0s"}}, (600, 3)),
        ({"a": {"executor": "constant-vus", "vus": 5, "duration": "30s"}}, (60, 5)),
        ({"a": {"executor": "constant-vus", "vus": 5, "duration": 30_000, "gracefulStop": "5s"}}, (35, 5)),
        (
            {
                "a": {
                    "executor": "ramping-vus",
                    "startVUs": 0,
                    "stages": [{"duration": "10s", "target": 20}, {"duration": "5s", "target": 3}],
                }
            },
            (45, 20),
        ),
        (
            {
                "a": {
                    "executor": "constant-arrival-rate",
                    "duration": "10s",
                    "preAllocatedVUs": 5,
                    "maxVUs": 50,
                    "startTime": "1m",
                }
            },
            (100, 50),
        ),
        ({"a": {"executor": "externally-controlled", "vus": 1, "maxVUs": 9, "duration": "10s"}}, (10, 9)),
        (
            {
                "a": {"executor": "constant-vus", "vus": 5, "duration": "10s", "gracefulStop": "0s"},
                "b": {"executor": "constant-vus", "vus": 7, "duration": "10s", "startTime": "10s"},
                "c": {"executor": "constant-vus", "vus": 2, "duration": "1s", "startTime": "5s"},
            },
            (50, 9),
        ),
    ],
)
def test_what_scenarios_need(scenarios: dict[str, Any], wanted: tuple[float, int]) -> None:
    """Total time with graceful stops; VUs of scenarios one after the other are the same."""
    assert requirements(scenarios) == Requirements(*wanted)


def test_durations_as_go_has_them() -> None:
    """In and out; a number is milliseconds."""
    cases = {0.0: "0s", 0.5: "500ms", 1.5: "1.5s", 30: "30s", 90: "1m30s", 3600: "1h0m0s", 0.00025: "250µs"}
    assert {seconds: duration_text(seconds) for seconds in cases} == cases
    assert [seconds_of("1500"), seconds_of(1500), seconds_of("1m"), seconds_of(None, "5s")] == [1.5, 1.5, 60, 5]
