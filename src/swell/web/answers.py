"""What the endpoints of the page share: asking the run, reading forms, answering with files.

Rules: what needs the run is asked of the page and awaited; where no answer comes in time the status is 503.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from swell.web.page import LivePage

__all__ = ["NO_STORE", "answer_of", "attachment", "form_of"]

T = TypeVar("T")

NO_STORE = {"Cache-Control": "no-store"}

_PATIENCE = 20.0
_LARGEST_FORM = 1 << 20
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".xml": "application/xml",
    ".csv": "text/csv; charset=utf-8",
}


async def answer_of(page: LivePage, job: Callable[[], T]) -> T:
    """What `job` returns, done where the run is conducted; status 503 if that does not answer."""
    try:
        return await asyncio.wait_for(asyncio.wrap_future(page.ask(job)), _PATIENCE)
    except TimeoutError:
        raise HTTPException(503, "the run does not answer") from None


def attachment(body: bytes, name: str, kind: str = "") -> Response:
    """A file to download, of the kind that the name (or the name `kind`) has."""
    media = _KINDS.get(Path(kind or name).suffix, "text/plain; charset=utf-8")
    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{name}"', "Content-Type": media}
    return Response(body, headers=headers)


async def form_of(request: Request) -> dict[str, Any]:
    """The values of a form: JSON, or as browsers send forms. A name that comes several times is a list."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM:
            raise HTTPException(413, "the form is too large")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "application/json":
            return msgspec.json.decode(body, type=dict[str, Any]) if body else {}
        if kind == "multipart/form-data":
            return _parts(request.headers["content-type"], body)
        return _pairs(body.decode())
    except (ValueError, msgspec.MsgspecError) as error:
        raise HTTPException(400, f"the form cannot be read: {error}") from None


def _pairs(text: str) -> dict[str, Any]:
    from urllib.parse import parse_qs  # noqa: PLC0415 - one call

    found = parse_qs(text, keep_blank_values=True, max_num_fields=1000)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _parts(content_type: str, body: bytes) -> dict[str, Any]:
    """The fields of a multipart form, as curl -F sends them; files are read like texts."""
    from email import message_from_bytes  # noqa: PLC0415 - rare

    message = message_from_bytes(b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n" + body)
    found: dict[str, Any] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(data, bytes):
            text = data.decode()
            if name in found:
                known = found[name]
                found[name] = [*cast("list[Any]", known), text] if isinstance(known, list) else [known, text]
            else:
                found[name] = text
    return found
