"""Result files are whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from swell.report.files import Files, write_files
from swell.report.whole import write_whole
from swell.runs.record import Run
from tests.report.conftest import make_store


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file takes its first kilobyte and no more."""
    real = Path.open

    def short(self: Path, mode: str = "r", *arguments: object, **options: object) -> object:
        file = real(self, mode, *arguments, **options)  # type: ignore[call-overload]
        if "w" in mode:
            whole = file.write

            def write(text: str) -> int:
                whole(text[:1024])
                file.flush()
                raise OSError(28, "No space left on device")

            file.write = write  # type: ignore[method-assign]
        return file

    monkeypatch.setattr(Path, "open", short)


def test_a_file_and_its_folder(tmp_path: Path) -> None:
    """Missing folders are made; an older file is overwritten."""
    path = tmp_path / "a" / "b.txt"
    write_whole(path, "one, which is longer")
    write_whole(path, "two")
    assert path.read_text() == "two"


@pytest.mark.usefixtures("full_disk")
def test_half_a_report_is_no_report(tmp_path: Path, good_run: Run) -> None:
    """What a full disk cut off is taken away, and each file is warned of."""
    told: list[str] = []
    files = Files(json=str(tmp_path / "s.json"), html=str(tmp_path / "r.html"), junit=str(tmp_path / "j.xml"))
    write_files(good_run, make_store(), files, told.append)
    assert len(told) == 3
    assert all("No space left" in each for each in told)
    assert not list(tmp_path.iterdir())


def test_a_device_stays(tmp_path: Path) -> None:
    """A path that is no file, such as /dev/full, is not removed."""
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    link = tmp_path / "full"
    link.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space"):
        write_whole(link, "x" * 100_000)
    assert link.is_symlink()
