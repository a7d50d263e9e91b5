"""Host functions of Node's buffer, fs, os and process.

Rules: files are read and written where the processor says, relative to the working directory, as Node does; errors have
Node's codes.
"""

from __future__ import annotations

import base64
import binascii
import errno
import os
import platform
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from swell.dialects.javascript import HostFunction, JsThrow

__all__ = ["calls"]


def calls() -> Mapping[str, Mapping[str, object]]:
    """By the file they belong to."""
    files: dict[str, object] = {
        "read": HostFunction(_read),
        "readText": HostFunction(_read_text),
        "write": HostFunction(_write),
        "exists": HostFunction(_exists),
        "list": HostFunction(_list),
        "stat": HostFunction(_stat),
        "make": HostFunction(_make),
        "remove": HostFunction(_remove),
    }
    system: dict[str, object] = {
        "env": HostFunction(_env),
        "setEnv": HostFunction(_set_env),
        "cwd": HostFunction(_cwd),
        "facts": HostFunction(_facts),
        "write": HostFunction(_print),
        "exit": HostFunction(_exit),
        "now": HostFunction(_now, "raw"),
        "readText": HostFunction(_read_text),
        "exists": HostFunction(_exists),
    }
    return {
        "buffer": {"encode": HostFunction(_encode), "decode": HostFunction(_decode)},
        "fs": files,
        "os": system,
        "process": system,
        "perf_hooks": system,
        "dotenv": system,
        "dotenv_config": system,
    }


def _exists(_: Any, path: Any) -> bool:
    return _path(path).exists()


def _env(_: Any) -> dict[str, str]:
    return dict(os.environ)


def _cwd(_: Any) -> str:
    return str(Path.cwd())


def _now(_: Any) -> float:
    return time.perf_counter() * 1000.0


def _encode(_: Any, text: str, encoding: str) -> bytes:
    """The bytes of a text."""
    match encoding.lower().replace("-", ""):
        case "utf8" | "":
            return text.encode("utf-8", "replace")
        case "hex":
            clean = text[: len(text) // 2 * 2]
            try:
                return bytes.fromhex(clean)
            except ValueError:
                return b""
        case "base64" | "base64url":
            plain = text.replace("-", "+").replace("_", "/").rstrip("=\n ")
            try:
                return base64.b64decode(plain + "=" * (-len(plain) % 4))
            except binascii.Error:
                return b""
        case "latin1" | "binary" | "ascii":
            return text.encode("latin-1", "replace")
        case "utf16le" | "ucs2":
            return text.encode("utf-16-le", "surrogatepass")
        case _:
            raise JsThrow("TypeError", f"Unknown encoding: {encoding}")


def _decode(_: Any, data: Any, encoding: str) -> str:
    """The text of bytes."""
    content = bytes(data)
    match encoding.lower().replace("-", ""):
        case "utf8" | "":
            return content.decode("utf-8", "replace")
        case "hex":
            return content.hex()
        case "base64":
            return base64.b64encode(content).decode("ascii")
        case "base64url":
            return base64.urlsafe_b64encode(content).decode("ascii").rstrip("=")
        case "latin1" | "binary":
            return content.decode("latin-1")
        case "ascii":
            return bytes(byte & 127 for byte in content).decode("ascii")
        case "utf16le" | "ucs2":
            return content.decode("utf-16-le", "replace")
        case _:
            raise JsThrow("TypeError", f"Unknown encoding: {encoding}")


def _failure(error: OSError, call: str, path: Any) -> JsThrow:
    code = errno.errorcode.get(error.errno or 0, "EIO")
    return JsThrow("Error", f"{code}: {(error.strerror or '').lower()}, {call} '{path}'")


def _path(value: Any) -> Path:
    text = str(value)
    return Path(text.removeprefix("file://") if text.startswith("file://") else text)


def _read(_: Any, path: Any) -> bytes:
    try:
        return _path(path).read_bytes()
    except OSError as error:
        raise _failure(error, "open", path) from None


def _read_text(context: Any, path: Any) -> str:
    return _read(context, path).decode("utf-8", "replace")


def _write(_: Any, path: Any, data: Any, append: bool) -> None:
    content = data.encode("utf-8", "replace") if isinstance(data, str) else bytes(data)
    try:
        with _path(path).open("ab" if append else "wb") as file:
            file.write(content)
    except OSError as error:
        raise _failure(error, "open", path) from None


def _list(_: Any, path: Any) -> list[str]:
    try:
        return sorted(entry.name for entry in _path(path).iterdir())
    except OSError as error:
        raise _failure(error, "scandir", path) from None


def _stat(_: Any, path: Any) -> dict[str, Any]:
    place = _path(path)
    try:
        found = place.stat()
    except OSError as error:
        raise _failure(error, "stat", path) from None
    return {"size": found.st_size, "mtimeMs": found.st_mtime * 1000, "dir": place.is_dir(), "file": place.is_file()}


def _make(_: Any, path: Any, recursive: bool) -> None:
    try:
        _path(path).mkdir(parents=bool(recursive), exist_ok=bool(recursive))
    except OSError as error:
        raise _failure(error, "mkdir", path) from None


def _remove(_: Any, path: Any) -> None:
    try:
        _path(path).unlink()
    except OSError as error:
        raise _failure(error, "unlink", path) from None


def _set_env(_: Any, name: str, value: Any) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = str(value)


def _facts(_: Any) -> dict[str, Any]:
    return {
        "platform": {"linux": "linux", "darwin": "darwin", "win32": "win32"}.get(sys.platform, sys.platform),
        "arch": {"x86_64": "x64", "aarch64": "arm64", "AMD64": "x64"}.get(platform.machine(), platform.machine()),
        "pid": os.getpid(),
        "hostname": platform.node(),
        "cpus": os.cpu_count() or 1,
        "release": platform.release(),
    }


def _print(context: Any, text: Any, error: bool) -> None:
    context.state.log("error" if error else "log", str(text).rstrip("\n"))


def _exit(_: Any, code: Any) -> None:
    raise JsThrow("Error", f"process.exit({code}) was called: a processor cannot end the test")
