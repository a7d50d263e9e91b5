"""`locust.contrib.qdrant`: users of the vector database Qdrant, on qdrant-client.

Rules: names and types of requests are Locust's; a method returns how its call ended (`success`, `response_time` in ms,
`result` or `exception`), and raises nothing.
"""

from __future__ import annotations

from typing import Any, ClassVar

from swell.dialects.locust.contrib.library import CollectionClient, Outcome, library, told, with_empty
from swell.dialects.locust.users import User

__all__ = ["QdrantLocustClient", "QdrantUser"]

_Client: Any = library("qdrant_client", "qdrant-client", "locust.contrib.qdrant").QdrantClient


class QdrantLocustClient(CollectionClient):
    """A client for one collection; `kwargs` are those of `qdrant_client.QdrantClient`."""

    def __init__(
        self, url: str, collection_name: str, api_key: str | None = None, timeout: int = 60, **kwargs: Any
    ) -> None:
        self.url = url
        self.collection_name = collection_name
        self.api_key = api_key
        self.timeout = timeout
        self.client: Any = _Client(url=url, api_key=api_key, timeout=timeout, **kwargs)

    def create_collection(self, vectors_config: Any, **kwargs: Any) -> None:
        """Make the collection unless it exists."""
        if not self.client.collection_exists(collection_name=self.collection_name):
            self.client.create_collection(collection_name=self.collection_name, vectors_config=vectors_config, **kwargs)

    def upsert(self, points: Any) -> Outcome:
        """Insert or replace points."""
        return self._call("upsert", points=points)

    def search(
        self, query: Any, limit: int = 10, query_filter: Any = None, search_params: Any = None, with_payload: Any = True
    ) -> Outcome:
        """The nearest points; finding none is no success."""
        found = self._call(
            "query_points",
            query=query,
            limit=limit,
            query_filter=query_filter,
            search_params=search_params,
            with_payload=with_payload,
        )
        return found if "exception" in found else with_empty(found, empty=not found["result"].points)

    def scroll(self, scroll_filter: Any = None, limit: int = 10, with_payload: Any = True) -> Outcome:
        """A page of points; finding none is no success."""
        found = self._call("scroll", scroll_filter=scroll_filter, limit=limit, with_payload=with_payload)
        if "exception" in found:
            return found
        points, following = found["result"]
        return {**with_empty(found, empty=not points), "result": points, "next_offset": following}

    def delete(self, points_selector: Any) -> Outcome:
        """Delete points."""
        return self._call("delete", points_selector=points_selector)


class QdrantUser(User):
    """A user of one collection, which is made if `vectors_config` says how."""

    abstract: ClassVar[bool] = True
    url: str = "http://localhost:6333"
    api_key: str | None = None
    collection_name: str | None = None
    timeout: int = 60
    vectors_config: Any = None
    client_kwargs: dict[str, Any] | None = None
    collection_kwargs: dict[str, Any] | None = None

    def __init__(self, environment: Any = None) -> None:
        super().__init__(environment)
        if self.collection_name is None:
            raise ValueError(f"{type(self).__name__} needs a collection_name")
        self.client_type = "qdrant"
        self.client = QdrantLocustClient(
            url=self.url,
            collection_name=self.collection_name,
            api_key=self.api_key,
            timeout=self.timeout,
            **(self.client_kwargs or {}),
        )
        if self.vectors_config is not None:
            self.client.create_collection(vectors_config=self.vectors_config, **(self.collection_kwargs or {}))

    def upsert(self, points: Any) -> Outcome:
        """As the client's."""
        return self._told("upsert", self.client.upsert(points))

    def search(
        self, query: Any, limit: int = 10, query_filter: Any = None, search_params: Any = None, with_payload: Any = True
    ) -> Outcome:
        """As the client's."""
        return self._told("search", self.client.search(query, limit, query_filter, search_params, with_payload))

    def scroll(self, scroll_filter: Any = None, limit: int = 10, with_payload: Any = True) -> Outcome:
        """As the client's."""
        return self._told("scroll", self.client.scroll(scroll_filter, limit, with_payload))

    def delete(self, points_selector: Any) -> Outcome:
        """As the client's."""
        return self._told("delete", self.client.delete(points_selector))

    def on_stop(self) -> None:
        """Close the client."""
        self.client.close()

    def _told(self, name: str, found: Outcome) -> Outcome:
        return told(self.client_type, name, found)
