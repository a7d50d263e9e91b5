"""`swell init`: write swell.toml and a GitHub workflow for the test files of a folder.

Rules: says what it found and what it wrote. A file that is there already stays as it is, unless --force says otherwise.
"""

from __future__ import annotations

from pathlib import Path

import click

from swell.cli.mistakes import Mistake

__all__ = ["command"]

_SUITE = "swell.toml"
_WORKFLOW = Path(".github") / "workflows" / "load-test.yml"
_KINDS = "locustfiles, Swell tests, k6 scripts and Artillery scripts"


@click.command("init", context_settings={"max_content_width": 100})
@click.argument("folder", default=".", type=click.Path())
@click.option("--force", is_flag=True, help="Overwrite files that are there already.")
@click.option("--no-workflow", is_flag=True, help="Write swell.toml only.")
def command(folder: str, *, force: bool, no_workflow: bool) -> int:
    """Find the load tests in FOLDER (default: this one), write swell.toml and a GitHub workflow for them."""
    from swell.cli.init_files import requirement, suite_text, workflow_text  # noqa: PLC0415 - keeps the help fast
    from swell.cli.init_find import find_tests  # noqa: PLC0415 - as above
    from swell.model.suite import decode_suite  # noqa: PLC0415 - as above

    top = Path(folder)
    if not top.is_dir():
        raise Mistake(f"there is no folder {folder}.")
    found = find_tests(top.resolve())
    if not found:
        raise Mistake(f"no load tests found in {top.resolve()}.", f"Looked for {_KINDS}.")
    for each in found:
        click.echo(f"found {each.path} ({each.kind})")
    suite = suite_text(top.resolve().name, found)
    decode_suite(suite, _SUITE)
    texts = {top / _SUITE: suite}
    if not no_workflow:
        root = _repository(top.resolve())
        inside = top.resolve().relative_to(root).as_posix()
        texts[root / _WORKFLOW] = workflow_text("" if inside == "." else inside, requirement())
    written = [_write(path, text, force=force) for path, text in texts.items()]
    if not any(written):
        raise Mistake("nothing was written.", "To write them anew: swell init --force")
    click.echo("\nLook at swell.toml, then: swell suite --list")
    return 0


def _repository(folder: Path) -> Path:
    """The root of the git repository around the folder, else the folder: GitHub looks for workflows there."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


def _write(path: Path, text: str, *, force: bool) -> bool:
    shown = path if not path.is_absolute() else _relative(path)
    if path.exists() and not force:
        click.echo(f"kept {shown}: it is there already", err=True)
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Mistake(f"{shown} cannot be written: {error.strerror}.") from None
    click.echo(f"wrote {shown}")
    return True


def _relative(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
