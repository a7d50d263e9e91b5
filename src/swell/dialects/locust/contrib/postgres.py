"""`locust.contrib.postgres`: users of PostgreSQL, on psycopg 3.

Rules: names and types of requests are Locust's; an error of a query is a failed request and goes no further.
"""

from __future__ import annotations

from typing import Any, ClassVar

from swell.dialects.locust.contrib.library import library, outcome_of, request_hook
from swell.dialects.locust.users import User

__all__ = ["PostgresClient", "PostgresUser"]

psycopg: Any = library("psycopg", "'psycopg[binary]'", "locust.contrib.postgres")


class PostgresClient:
    """One connection. `conn_string` as for `psycopg.connect`, which says what can go wrong."""

    def __init__(self, conn_string: str) -> None:
        self.connection: Any = psycopg.connect(conn_string)

    def execute_query(self, query: Any) -> None:
        """Run a query in the connection's transaction."""
        found = outcome_of(lambda: self.connection.execute(query))
        request_hook().fire(
            request_type="postgres_success" if found["success"] else "postgres_failure",
            name="execute_query",
            response_time=found["response_time"],
            response_length=0,
            exception=found.get("exception"),
        )

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class PostgresUser(User):
    """A user with a `client`, connected to its `conn_string`."""

    abstract: ClassVar[bool] = True
    conn_string: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = PostgresClient(conn_string=self.conn_string)

    def on_stop(self) -> None:
        """Close the connection."""
        self.client.close()
