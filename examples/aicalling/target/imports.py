"""Bulk import of contacts: a CSV file is taken at once, its rows are imported in the background."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import id_of, reply

from .clock import now, shown
from .csv_file import file_of, rows_of
from .web import require_key

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]

_LARGEST = 5_000_000  # bytes of an upload


async def upload(request: Request) -> Response:
    parts = require_key(request)
    body = await request.body()
    if len(body) > _LARGEST:
        raise HTTPException(413, f"a file may have {_LARGEST:,} bytes")
    kind = request.headers.get("content-type", "")

    def read() -> tuple[str, list[tuple[str, str]]]:
        name, content = file_of(kind, body)
        return name, rows_of(content)

    try:
        name, rows = await asyncio.to_thread(read)
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    number = await parts.store.add_import(name, len(rows))
    parts.importer.take(number, rows)
    headers = {"Location": f"/api/v1/imports/{number}"}
    response = reply({"importId": number, "status": "waiting", "total": len(rows)}, 202)
    response.headers.update(headers)
    return response


async def progress(request: Request) -> Response:
    parts = require_key(request)
    number = id_of(request, "import")
    row = await parts.store.one_import(number)
    if row is None:
        raise HTTPException(404, "no such import")
    contacts = await parts.store.count_contacts(number)
    return reply(
        {
            "importId": number,
            "file": row["file"],
            "status": row["status"],
            "total": row["total"],
            "processed": row["processed"],
            "progress": row["processed"] * 100 // row["total"],
            "imported": row["imported"],
            "rejected": row["rejected"],
            "contacts": contacts,
            "errors": json.loads(row["errors"]),
            "createdAt": shown(row["created_at"]),
            "endedAt": shown(row["ended_at"]),
            "processingMs": (row["ended_at"] or now()) - row["created_at"],
        }
    )


routes = [
    Route("/api/v1/imports", upload, methods=["POST"]),
    Route("/api/v1/imports/{import:int}", progress),
]
