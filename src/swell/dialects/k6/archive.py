"""Archives of k6: a test and all its files in one tar file, read and written.

Rules: an archive is data of strangers: only plain files below the folder that it is unpacked to, of a bounded size in
all, and never a link. The layout is k6's: `metadata.json` (options, environment, name of the script, working folder),
`data` (the script), `file/PATH` and `https/HOST/PATH` for everything else.
"""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Archive", "ArchiveError", "is_archive", "unpack_archive", "write_archive"]

_LARGEST = 2 << 30
_MOST_FILES = 50_000


class ArchiveError(ValueError):
    """A file that is no archive of k6, or a harmful one; the text is for people."""


class Archive(NamedTuple):
    """An unpacked archive.

    `script`: the main script. `folder`: where the files are that have an absolute path in the archive (what was
    /a/b.csv is `folder`/a/b.csv). `remote`: where the modules from the network are (HOST/PATH), for a resolver that
    takes them from a folder.
    """

    script: Path
    folder: Path
    remote: Path
    options: dict[str, Any]
    env: dict[str, str]
    pwd: Path


def is_archive(path: Path) -> bool:
    """Whether a file is a tar archive."""
    try:
        return path.is_file() and tarfile.is_tarfile(path)
    except OSError:
        return False


def unpack_archive(path: Path, into: Path) -> Archive:
    """Unpack it below the empty folder `into`. ArchiveError if it is none of k6's, OSError if it cannot be read."""
    try:
        with tarfile.open(path) as tar:
            written = _unpack(tar, into)
    except tarfile.TarError as error:
        raise ArchiveError(f"{path} is no readable tar file: {error}") from None
    metadata = _metadata(path, into / "metadata.json")
    folder = into / "file"
    folder.mkdir(exist_ok=True)
    script = _place(into, str(metadata.get("filename", "")))
    if script not in written:
        data = into / "data"
        if data not in written:
            raise ArchiveError(f"{path} is no archive of k6: the script is missing in it")
        script = script if script.name and script != into else folder / "script.js"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_bytes(data.read_bytes())
    options = metadata.get("options")
    env = metadata.get("env")
    pairs = cast("dict[str, Any]", env) if isinstance(env, dict) else {}
    return Archive(
        script,
        folder,
        into / "https",
        cast("dict[str, Any]", options) if isinstance(options, dict) else {},
        {name: str(value) for name, value in pairs.items()},
        _place(into, str(metadata.get("pwd", ""))),
    )


def write_archive(
    out: Path,
    script: Path,
    files: Mapping[str, bytes],
    *,
    options: Mapping[str, Any],
    env: Mapping[str, str],
    version: str,
    pwd: Path | None = None,
) -> None:
    """Write one. `files`: contents by absolute path or by https:// address, the main script included. OSError."""
    script = script.absolute()
    metadata = {
        "type": "js",
        "options": dict(options),
        "filename": f"file://{script.as_posix()}",
        "pwd": f"file://{(pwd or script.parent).absolute().as_posix()}",
        "env": dict(env),
        "compatibilityMode": "extended",
        "k6version": version,
        "goos": "linux",
    }
    content = {_name_of(path): data for path, data in files.items()}
    main = content.get(_name_of(str(script)))
    if main is None:
        main = content[_name_of(str(script))] = script.read_bytes()
    with tarfile.open(out, "w") as tar:
        _add(tar, "metadata.json", json.dumps(metadata, indent=2).encode())
        _add(tar, "data", main)
        for name in sorted(content):
            _add(tar, name, content[name])


def _unpack(tar: Iterable[tarfile.TarInfo], into: Path) -> set[Path]:
    written: set[Path] = set()
    left = _LARGEST
    source = cast("tarfile.TarFile", tar)
    for member in tar:
        parts = PurePosixPath(member.name.replace("\\", "/").replace(":", "_")).parts
        if member.isdir():
            continue
        if not member.isfile():
            raise ArchiveError(f"{member.name}: links and devices do not belong into an archive of k6")
        if not parts or ".." in parts or parts[0] == "/":
            raise ArchiveError(f"{member.name}: this path leads out of the archive")
        left -= member.size
        if left < 0 or len(written) >= _MOST_FILES:
            raise ArchiveError("the archive is larger than any test would be")
        content = source.extractfile(member)
        if content is None:
            continue
        place = into.joinpath(*parts)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.read())
        written.add(place)
    return written


def _metadata(path: Path, file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise ArchiveError(f"{path} is no archive of k6: it has no metadata.json")
    return cast("dict[str, Any]", found)


def _place(into: Path, url: str) -> Path:
    """Where something with this address (file:///a/b.js, https://host/x.js, or a path) is."""
    parts = urlsplit(url)
    path = unquote(parts.path if parts.scheme in {"file", "https", "http"} else url)
    inner = [part for part in PurePosixPath(path.replace("\\", "/").replace(":", "_")).parts if part not in {"/", ".."}]
    if parts.scheme in {"https", "http"}:
        return into.joinpath("https", parts.netloc, *inner)
    return into.joinpath("file", *inner)


def _name_of(path: str) -> str:
    """The name in the archive of an absolute path or an address."""
    if path.startswith(("https://", "http://")):
        return "https/" + path.partition("://")[2]
    return "file/" + Path(path).as_posix().replace(":", "_").lstrip("/")


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    entry.mode = 0o644
    tar.addfile(entry, io.BytesIO(data))
