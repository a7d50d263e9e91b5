"""The git commit of the work tree that a run was started in, read from its files.

Rules: never fails and starts no process; "" when there is none.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["git_commit"]


def git_commit(folder: Path) -> str:
    """The commit's id, 40 hex digits, or ""."""
    for each in (folder.resolve(), *folder.resolve().parents):
        place = each / ".git"
        try:
            if place.is_file():  # a work tree of its own, or a submodule: "gitdir: PATH"
                place = (each / place.read_text(encoding="utf-8").partition(":")[2].strip()).resolve()
            if place.is_dir():
                return _head(place)
        except (OSError, UnicodeDecodeError):
            return ""
    return ""


def _head(git: Path) -> str:
    head = (git / "HEAD").read_text(encoding="utf-8").strip()
    if not head.startswith("ref: "):
        return head
    name = head[5:]
    common = git / "commondir"
    folders = [git, (git / common.read_text(encoding="utf-8").strip()).resolve()] if common.exists() else [git]
    for folder in folders:
        if (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8").strip()
        packed = folder / "packed-refs"
        if packed.is_file():
            for line in packed.read_text(encoding="utf-8").splitlines():
                if line.endswith(f" {name}"):
                    return line.partition(" ")[0]
    return ""
