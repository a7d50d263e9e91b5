"""Finds load tests in a folder by what is in the files: locustfiles, Swell tests, k6 scripts, Artillery scripts.

Rules: nothing is imported or run. Folders that hold other people's code or results are left out, and a file that only
helps a test (it has no users, no scenarios) is none. Unreadable files are no tests.
"""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from typing import Literal

import msgspec

__all__ = ["Found", "find_tests"]

Kind = Literal["locustfile", "Swell test", "k6 script", "Artillery script"]

_DEEPEST = 4
_MOST_FILES = 20_000
_LARGEST = 1_000_000
_NOT_OURS = {"node_modules", "venv", "env", "build", "dist", "site-packages", "__pycache__", "load-results", "vendor"}
_K6_IMPORT = re.compile(r"""(?:from|import|require\()\s*['"]k6(?:/|['"])""")
_K6_TEST = re.compile(r"^\s*export\s+(?:default\b|(?:const|let|var)\s+options\b)|\bscenarios\s*:", re.MULTILINE)
_K6_VARIABLE = re.compile(r"__ENV(?:\.|\[['\"])([A-Za-z_]\w*)")
_YAML_KEYS = (re.compile(r"^config\s*:", re.MULTILINE), re.compile(r"^scenarios\s*:", re.MULTILINE))
_ADDRESS = re.compile(
    r"""(?:\bhost\s*=\s*|\btarget\s*:\s*|__ENV\.\w+\s*(?:\|\||\?\?)\s*)["']?(https?://[\w.\-]+(?::\d+)?)"""
)
_ADDRESS_NAME = re.compile(r"(?:URL|HOST|TARGET|ENDPOINT|SERVER)$")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A test file. `url`: the target that it names; `variables`: those by which it asks for the target's URL."""

    path: str
    kind: Kind
    url: str = ""
    variables: tuple[str, ...] = ()


def find_tests(folder: Path) -> list[Found]:
    """All tests under the folder, sorted by path; paths are relative to it, with slashes."""
    found: list[Found] = []
    seen = 0
    for top, folders, files in os.walk(folder):
        depth = len(Path(top).relative_to(folder).parts)
        folders[:] = [] if depth >= _DEEPEST else sorted(name for name in folders if _ours(Path(top) / name))
        for name in files:
            seen += 1
            if seen > _MOST_FILES:
                return sorted(found, key=lambda each: each.path)
            path = Path(top) / name
            recognised = _recognised(path)
            if recognised is not None:
                found.append(msgspec.structs.replace(recognised, path=path.relative_to(folder).as_posix()))
    return sorted(found, key=lambda each: each.path)


def _ours(folder: Path) -> bool:
    name = folder.name
    return not name.startswith(".") and name not in _NOT_OURS and not (folder / "pyvenv.cfg").exists()


def _recognised(path: Path) -> Found | None:
    read = {
        ".py": _python,
        ".js": _script,
        ".mjs": _script,
        ".ts": _script,
        ".yml": _artillery,
        ".yaml": _artillery,
        ".json": _artillery_json,
    }
    recognise = read.get(path.suffix.lower())
    if recognise is None:
        return None
    try:
        if path.stat().st_size > _LARGEST:
            return None
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    return recognise(text)


def _python(text: str) -> Found | None:
    if "locust" not in text and "swell" not in text:
        return None
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    imported = {name for node in ast.walk(tree) for name in _imported(node)}
    kind: Kind | None = "locustfile" if "locust" in imported else "Swell test" if "swell" in imported else None
    if kind is None or not any(_is_user(node) for node in tree.body):
        return None
    return Found(path="", kind=kind, url=_url(text))


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [one.name.partition(".")[0] for one in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [(node.module or "").partition(".")[0]]
    return []


def _is_user(node: ast.stmt) -> bool:
    """A class of users, as far as its bases' names tell."""
    if not isinstance(node, ast.ClassDef):
        return False
    bases = [base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases]
    return any(base.endswith("User") for base in bases) and not _is_abstract(node)


def _is_abstract(node: ast.ClassDef) -> bool:
    return any(
        isinstance(line, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "abstract" for target in line.targets)
        and isinstance(line.value, ast.Constant)
        and line.value.value is True
        for line in node.body
    )


def _script(text: str) -> Found | None:
    if _K6_IMPORT.search(text) is None or _K6_TEST.search(text) is None:
        return None
    names = [name for name in dict.fromkeys(_K6_VARIABLE.findall(text)) if _ADDRESS_NAME.search(name)]
    return Found(path="", kind="k6 script", url=_url(text), variables=tuple(names))


def _artillery(text: str) -> Found | None:
    if not all(key.search(text) for key in _YAML_KEYS):
        return None
    return Found(path="", kind="Artillery script", url=_url(text))


def _artillery_json(text: str) -> Found | None:
    if '"scenarios"' not in text or '"config"' not in text:
        return None
    try:
        data = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    if not isinstance(data, dict) or not {"config", "scenarios"} <= set(data):  # pyright: ignore[reportUnknownArgumentType]
        return None
    return Found(path="", kind="Artillery script")


def _url(text: str) -> str:
    found = _ADDRESS.search(text)
    return found[1] if found is not None else ""
