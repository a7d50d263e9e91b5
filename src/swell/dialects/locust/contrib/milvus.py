"""`locust.contrib.milvus`: users of the vector database Milvus, on pymilvus.

Rules: names and types of requests are Locust's; a method returns how its call ended (`success`, `response_time` in ms,
`result` or `exception`), and raises nothing. A recall is told as a request whose time is the recall in percent.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from swell.dialects.locust.contrib.library import CollectionClient, Outcome, library, tell, told, with_empty
from swell.dialects.locust.users import User

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BaseClient", "MilvusUser", "MilvusV2Client"]

# What a fresh server takes.
_TOKEN = "root:Milvus"  # noqa: S105 - in its documentation
_Client: Any = library("pymilvus", "pymilvus", "locust.contrib.milvus").MilvusClient


class BaseClient(ABC):
    """What a client of a `MilvusUser` has."""

    @abstractmethod
    def close(self) -> None:
        """Close it."""

    @abstractmethod
    def create_collection(self, schema: Any, index_params: Any, **kwargs: Any) -> None:
        """Make the collection."""

    @abstractmethod
    def insert(self, data: Any) -> Outcome:
        """Insert rows."""

    @abstractmethod
    def upsert(self, data: Any) -> Outcome:
        """Insert or replace rows."""

    @abstractmethod
    def search(  # noqa: PLR0917 - Locust's signature
        self,
        data: Any,
        anns_field: str,
        limit: int,
        filter: str = "",  # noqa: A002 - Locust's name
        search_params: Any = None,
        output_fields: Any = None,
        calculate_recall: bool = False,
        ground_truth: Any = None,
    ) -> Outcome:
        """The nearest rows."""

    @abstractmethod
    def hybrid_search(self, reqs: Any, ranker: Any, limit: int, output_fields: Any = None) -> Outcome:
        """The nearest rows by several vectors."""

    @abstractmethod
    def query(self, filter: str, output_fields: Any = None) -> Outcome:  # noqa: A002 - Locust's name
        """Rows by a filter."""

    @abstractmethod
    def delete(self, filter: str) -> Outcome:  # noqa: A002 - Locust's name
        """Delete rows by a filter."""


class MilvusV2Client(CollectionClient, BaseClient):
    """A client for one collection."""

    def __init__(
        self, uri: str, collection_name: str, token: str = _TOKEN, db_name: str = "default", timeout: int = 60
    ) -> None:
        self.uri = uri
        self.collection_name = collection_name
        self.token = token
        self.db_name = db_name
        self.timeout = timeout
        self.client: Any = _Client(uri=uri, token=token, db_name=db_name, timeout=timeout)

    def create_collection(self, schema: Any, index_params: Any, **kwargs: Any) -> None:
        """Make the collection."""
        self.client.create_collection(
            collection_name=self.collection_name, schema=schema, index_params=index_params, **kwargs
        )

    def insert(self, data: Any) -> Outcome:
        """Insert rows."""
        return self._call("insert", data=data)

    def upsert(self, data: Any) -> Outcome:
        """Insert or replace rows."""
        return self._call("upsert", data=data)

    def search(  # noqa: PLR0917 - Locust's signature
        self,
        data: Any,
        anns_field: str,
        limit: int,
        filter: str = "",  # noqa: A002 - Locust's name
        search_params: Any = None,
        output_fields: Any = None,
        calculate_recall: bool = False,
        ground_truth: Any = None,
    ) -> Outcome:
        """The nearest rows; finding none is no success. `recall` (0 to 1): how many of `ground_truth` were found."""
        found = self._call(
            "search",
            data=data,
            anns_field=anns_field,
            filter=filter,
            limit=limit,
            search_params=search_params,
            output_fields=output_fields or ["id"],
        )
        found = _with_empty(found, nested=True)
        if calculate_recall and ground_truth is not None and found["success"]:
            found["recall"] = self.get_recall(found["result"], ground_truth, limit)
        return found

    def hybrid_search(self, reqs: Any, ranker: Any, limit: int, output_fields: Any = None) -> Outcome:
        """The nearest rows by several vectors; finding none is no success."""
        options = {"limit": limit, "output_fields": output_fields or ["id"], "timeout": self.timeout}
        return _with_empty(self._call("hybrid_search", reqs=reqs, ranker=ranker, **options), nested=True)

    def query(self, filter: str, output_fields: Any = None) -> Outcome:  # noqa: A002 - Locust's name
        """Rows by a filter; finding none is no success."""
        found = self._call("query", filter=filter, output_fields=output_fields or ["id"])
        return _with_empty(found, nested=False)

    def delete(self, filter: str) -> Outcome:  # noqa: A002 - Locust's name
        """Delete rows by a filter."""
        return self._call("delete", filter=filter)

    @staticmethod
    def get_recall(search_results: Any, ground_truth: Sequence[Any], limit: int | None = None) -> float:
        """The share of the first `limit` of `ground_truth` that the first query found; 0 where that says nothing."""
        try:
            hits = search_results[0] if isinstance(search_results[0], list) else search_results
            found = {hit["id"] for hit in hits if "id" in hit}
            wanted = set(ground_truth[: len(found) if limit is None else limit])
            if limit is not None and len(ground_truth) < limit:
                return 0.0
            return len(wanted & found) / len(wanted)
        except (IndexError, KeyError, TypeError, ZeroDivisionError):
            return 0.0


class MilvusUser(User):
    """A user of one collection, which is made if `schema` says how; further arguments go to `create_collection`."""

    abstract: ClassVar[bool] = True

    def __init__(  # noqa: PLR0917 - Locust's signature
        self,
        environment: Any = None,
        uri: str = "http://localhost:19530",
        token: str = _TOKEN,
        collection_name: str = "test_collection",
        db_name: str = "default",
        timeout: int = 60,
        schema: Any = None,
        index_params: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(environment)
        self.client_type = "milvus"
        self.client = MilvusV2Client(uri, collection_name, token, db_name, timeout)
        if schema is not None:
            self.client.create_collection(schema=schema, index_params=index_params, **kwargs)

    def insert(self, data: Any) -> Outcome:
        """As the client's."""
        return self._told("insert", self.client.insert(data))

    def upsert(self, data: Any) -> Outcome:
        """As the client's."""
        return self._told("upsert", self.client.upsert(data))

    def search(self, data: Any, anns_field: str, limit: int, *args: Any, **kwargs: Any) -> Outcome:
        """As the client's, and a request "recall" if that was asked for."""
        found = self._told("search", self.client.search(data, anns_field, limit, *args, **kwargs))
        if "recall" in found:
            tell(self.client_type, "recall", float(int(found["recall"] * 100)))
        return found

    def hybrid_search(self, reqs: Any, ranker: Any, limit: int, output_fields: Any = None) -> Outcome:
        """As the client's."""
        return self._told("hybrid_search", self.client.hybrid_search(reqs, ranker, limit, output_fields))

    def query(self, filter: str, output_fields: Any = None) -> Outcome:  # noqa: A002 - Locust's name
        """As the client's."""
        return self._told("query", self.client.query(filter, output_fields))

    def delete(self, filter: str) -> Outcome:  # noqa: A002 - Locust's name
        """As the client's."""
        return self._told("delete", self.client.delete(filter))

    def on_stop(self) -> None:
        """Close the client."""
        self.client.close()

    def _told(self, name: str, found: Outcome) -> Outcome:
        return told(self.client_type, name, found)


def _with_empty(found: Outcome, *, nested: bool) -> Outcome:
    if "exception" in found:
        return found
    rows = found["result"]
    return with_empty(found, empty=not len(rows) or (nested and all(not len(row) for row in rows)))
