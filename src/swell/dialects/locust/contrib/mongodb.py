"""`locust.contrib.mongodb`: users of MongoDB, on pymongo.

Rules: names and types of requests are Locust's; an error of MongoDB is a failed request and goes no further. A query
reads all documents that it finds.
"""

from __future__ import annotations

from typing import Any, ClassVar

from swell.dialects.locust.contrib.library import library, outcome_of, request_hook
from swell.dialects.locust.users import User

__all__ = ["MongoDBClient", "MongoDBUser"]

pymongo: Any = library("pymongo", "pymongo", "locust.contrib.mongodb")
_Error: Any = library("pymongo.errors", "pymongo", "locust.contrib.mongodb").PyMongoError


class MongoDBClient(pymongo.MongoClient):
    """A pymongo client; `db` is the database `db_name`."""

    def __init__(self, conn_string: str, db_name: str) -> None:
        parent: Any = super()
        parent.__init__(conn_string)
        self.db: Any = self[db_name]

    def execute_query(self, collection_name: str, query: Any) -> None:
        """Find documents and read them all."""
        found = outcome_of(lambda: list(self.db[collection_name].find(query)))
        error = found.get("exception")
        if error is not None and not isinstance(error, _Error):
            raise error
        request_hook().fire(
            request_type="MONGODB",
            name="QUERY",
            response_time=found["response_time"],
            response_length=0,
            exception=error,
        )


class MongoDBUser(User):
    """A user with a `client` for its `conn_string` and `db_name`."""

    abstract: ClassVar[bool] = True
    conn_string: str
    db_name: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client: Any = MongoDBClient(conn_string=self.conn_string, db_name=self.db_name)

    def on_stop(self) -> None:
        """Close the client."""
        self.client.close()
