"""The store on MongoDB: its driver is synchronous here and runs in threads.

Rules: documents have the columns of the SQL tables, with a counted number as `_id`. What must be one change is one
`find_one_and_update`. Errors at opening are said in one sentence: ValueError for the package, OSError for the server.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from .clock import now
from .rows import seeded_calls

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .settings import Settings

__all__ = ["MongoStore"]

T = TypeVar("T")

_WAIT = 3_000  # milliseconds for a server to answer
_THREADS = 10
_CALL = ("phone", "agent", "status", "attempts", "created_at", "began_at", "ended_at")
_GIVEN_UP = '["the service was ended meanwhile"]'


class MongoStore:
    """See `store.Store`."""

    kind = "mongodb"

    def __init__(self, client: Any, name: str) -> None:
        """`client` is a MongoClient; `name` the database's where the client's URL has none."""
        self._client = client
        self._base = client.get_default_database(name)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="mongodb")

    @classmethod
    async def open(cls, url: str, name: str) -> MongoStore:
        try:
            from pymongo import MongoClient, errors  # noqa: PLC0415 - optional
        except ImportError:
            raise ValueError("MongoDB needs one more package: pip install pymongo") from None
        try:
            store = cls(MongoClient(url, serverSelectionTimeoutMS=_WAIT, connectTimeoutMS=_WAIT, appname=name), name)
            await store._run(lambda: store._client.admin.command("ping"))
            await store._run(store._index)
        except (errors.InvalidURI, errors.ConfigurationError) as error:
            raise ValueError(f"this is no MongoDB URL: {error}") from None
        except errors.PyMongoError as error:
            raise OSError(f"MongoDB is not reached: {str(error).partition(',')[0]}") from None
        return store

    async def is_empty(self) -> bool:
        return await self._run(lambda: self._base.calls.find_one({}, {"_id": 1}) is None)

    async def seed(self, settings: Settings) -> None:
        def run() -> None:
            for name in ("contacts", "imports", "calls", "counters"):
                self._base.drop_collection(name)
            self._index()
            rows = seeded_calls(settings, now())
            self._base.calls.insert_many(
                [{"_id": n, **dict(zip(_CALL, row, strict=True))} for n, row in enumerate(rows, 1)]
            )
            self._base.counters.insert_one({"_id": "calls", "last": settings.calls})

        await self._run(run)

    async def is_up(self) -> bool:
        try:
            await self._run(lambda: self._client.admin.command("ping"))
        except Exception:  # whatever a driver raises means the same to a load balancer
            return False
        return True

    async def add_calls(self, calls: Sequence[tuple[str, int]]) -> list[int]:
        def run() -> list[int]:
            last = self._count("calls", len(calls))
            numbers = list(range(last - len(calls) + 1, last + 1))
            moment = now()
            self._base.calls.insert_many(
                [
                    {"_id": number, **dict(zip(_CALL, (phone, agent, "queued", 0, moment, None, None), strict=True))}
                    for number, (phone, agent) in zip(numbers, calls, strict=True)
                ]
            )
            return numbers

        return await self._run(run)

    async def call(self, number: int) -> dict[str, Any] | None:
        return await self._run(lambda: _row(self._base.calls.find_one({"_id": number})))

    async def calls(self, status: str | None, limit: int, skip: int) -> list[dict[str, Any]]:
        def run() -> list[dict[str, Any]]:
            found = self._base.calls.find({"status": status} if status else {})
            return [_row(one) or {} for one in found.sort("_id", -1).skip(skip).limit(limit)]

        return await self._run(run)

    async def begin_call(self, number: int) -> int | None:
        from pymongo import ReturnDocument  # noqa: PLC0415 - optional

        change = {"$set": {"status": "active", "began_at": now(), "ended_at": None}, "$inc": {"attempts": 1}}
        found = await self._run(
            lambda: self._base.calls.find_one_and_update(
                {"_id": number, "status": "queued"}, change, return_document=ReturnDocument.AFTER
            )
        )
        return None if found is None else found["attempts"]

    async def end_call(self, number: int, status: str) -> None:
        change = {"$set": {"status": status, "ended_at": now()}}
        await self._run(lambda: self._base.calls.update_one({"_id": number, "status": "active"}, change))

    async def requeue_call(self, number: int) -> bool:
        change = {"$set": {"status": "queued"}}
        done = await self._run(lambda: self._base.calls.update_one({"_id": number, "status": "failed"}, change))
        return done.modified_count == 1

    async def unfinished_calls(self) -> list[int]:
        def run() -> list[int]:
            self._base.calls.update_many({"status": "active"}, {"$set": {"status": "queued"}})
            return [one["_id"] for one in self._base.calls.find({"status": "queued"}, {"_id": 1}).sort("_id", 1)]

        return await self._run(run)

    async def add_import(self, file: str, total: int) -> int:
        def run() -> int:
            number = self._count("imports", 1)
            counts = {"total": total, "processed": 0, "imported": 0, "rejected": 0}
            times = {"created_at": now(), "began_at": None, "ended_at": None}
            self._base.imports.insert_one(
                {"_id": number, "file": file, "status": "waiting", "errors": "[]", **counts, **times}
            )
            return number

        return await self._run(run)

    async def one_import(self, number: int) -> dict[str, Any] | None:
        return await self._run(lambda: _row(self._base.imports.find_one({"_id": number})))

    async def change_import(self, number: int, **changes: object) -> None:
        await self._run(lambda: self._base.imports.update_one({"_id": number}, {"$set": changes}))

    async def give_up_imports(self) -> None:
        change = {"$set": {"status": "failed", "errors": _GIVEN_UP, "ended_at": now()}}
        unfinished = {"status": {"$in": ["waiting", "processing"]}}
        await self._run(lambda: self._base.imports.update_many(unfinished, change))

    async def add_contacts(self, number: int, rows: Sequence[tuple[str, str]]) -> None:
        if rows:
            documents = [{"import_id": number, "name": name, "phone": phone} for name, phone in rows]
            await self._run(lambda: self._base.contacts.insert_many(documents))

    async def count_contacts(self, number: int) -> int:
        return await self._run(lambda: self._base.contacts.count_documents({"import_id": number}))

    async def summary(self, since: int) -> dict[str, Any]:
        found = await self._counts({"created_at": {"$gte": since}}, None)
        none = {"calls": 0, "completed": 0, "failed": 0, "mean_ms": 0}
        return {name: found[0][name] for name in none} if found else none

    async def by_agent(self, since: int, agent: int | None = None) -> list[dict[str, Any]]:
        only = {} if agent is None else {"agent": agent}
        return await self._counts({"created_at": {"$gte": since}, **only}, "$agent")

    async def close(self) -> None:
        await self._run(self._client.close)
        self._threads.shutdown(wait=True)

    async def _counts(self, which: dict[str, Any], key: str | None) -> list[dict[str, Any]]:
        done: dict[str, Any] = {"$eq": ["$status", "completed"]}
        failed: dict[str, Any] = {"$eq": ["$status", "failed"]}
        group = {
            "_id": key,
            "calls": {"$sum": 1},
            "completed": {"$sum": {"$cond": [done, 1, 0]}},
            "failed": {"$sum": {"$cond": [failed, 1, 0]}},
            "took": {"$sum": {"$cond": [done, {"$subtract": ["$ended_at", "$began_at"]}, 0]}},
        }
        steps = [{"$match": which}, {"$group": group}, {"$sort": {"_id": 1}}]
        found = await self._run(lambda: list(self._base.calls.aggregate(steps)))
        return [
            {
                "agent": one["_id"],
                "calls": one["calls"],
                "completed": one["completed"],
                "failed": one["failed"],
                "mean_ms": round(one["took"] / one["completed"]) if one["completed"] else 0,
            }
            for one in found
        ]

    def _count(self, name: str, many: int) -> int:
        """Take so many numbers of a kind; the last of them."""
        from pymongo import ReturnDocument  # noqa: PLC0415 - optional

        found = self._base.counters.find_one_and_update(
            {"_id": name}, {"$inc": {"last": many}}, upsert=True, return_document=ReturnDocument.AFTER
        )
        return found["last"]

    def _index(self) -> None:
        self._base.calls.create_index([("status", 1), ("_id", 1)])
        self._base.calls.create_index([("created_at", 1), ("agent", 1)])
        self._base.contacts.create_index("import_id")

    async def _run(self, action: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, action)


def _row(document: dict[str, Any] | None) -> dict[str, Any] | None:
    """As a row of SQL."""
    return None if document is None else {"id": document["_id"], **document}
