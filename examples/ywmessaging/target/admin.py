"""Taking away what tests have left: churches that were founded by registering, with all that is theirs."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.accounts import bearer_of
from swell.demo.web import database_of, reply

from .web import settings_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]

_OF_TEST = "SELECT id FROM churches WHERE of_test = 1"


async def clean_up(request: Request) -> Response:
    token = bearer_of(request.scope) or ""
    if not hmac.compare_digest(token.encode(), settings_of(request).admin_token.encode()):
        raise HTTPException(403, "this needs the admin's token")
    database = database_of(request)
    # What refers to others goes first.
    gone = {
        table: len(await database.write(f"DELETE FROM {table} WHERE church IN ({_OF_TEST}) RETURNING id"))
        for table in ("messages", "conversations", "members", "users")
    }
    gone["churches"] = len(await database.write("DELETE FROM churches WHERE of_test = 1 RETURNING id"))
    return reply({"deleted": gone})


routes = [Route("/admin/cleanup-test-data", clean_up, methods=["DELETE"])]
