"""`locust.contrib` without servers: what users of libraries that are not here, or only stand in, tell."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import ModuleType
from typing import Any

import pytest

from swell.dialects.locust import names
from swell.dialects.locust.aliases import fresh_events
from swell.dialects.locust.env import Environment

CONTRIB = "swell.dialects.locust.contrib"


@pytest.fixture
def told() -> Iterator[list[tuple[str, str, bool]]]:
    """Type, name and success of all requests that are fired."""
    former, found = names.events, []

    def on_request(request_type: str, name: str, exception: Any = None, **_: Any) -> None:
        found.append((request_type, name, exception is None))

    fresh_events().request.add_listener(on_request)
    yield found
    names.events = former


def loaded(monkeypatch: pytest.MonkeyPatch, name: str, **libraries: Any) -> Any:
    """A module of contrib, imported anew over these libraries (None: not installed)."""
    for library, stub in libraries.items():
        monkeypatch.setitem(sys.modules, library, stub)
    monkeypatch.delitem(sys.modules, f"{CONTRIB}.{name}", raising=False)
    module = importlib.import_module(f"{CONTRIB}.{name}")
    monkeypatch.delitem(sys.modules, f"{CONTRIB}.{name}")
    return module


@pytest.mark.parametrize(
    ("name", "library", "package"),
    [
        ("dns", "dns", "dnspython"),
        ("milvus", "pymilvus", "pymilvus"),
        ("mongodb", "pymongo", "pymongo"),
        ("mqtt", "paho", "paho-mqtt"),
        ("oai", "openai", "openai"),
        ("postgres", "psycopg", "'psycopg[binary]'"),
        ("qdrant", "qdrant_client", "qdrant-client"),
        ("socketio", "socketio", "'python-socketio[client]'"),
    ],
)
def test_a_library_that_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, name: str, library: str, package: str
) -> None:
    """The message names the library and how to install it."""
    for each in [each for each in sys.modules if each == library or each.startswith(f"{library}.")]:
        monkeypatch.delitem(sys.modules, each)
    monkeypatch.setattr(importlib, "import_module", _without(library, importlib.import_module))
    with pytest.raises(ModuleNotFoundError, match="pip install") as caught:
        loaded(monkeypatch, name)
    said = f"locust.contrib.{name} needs the library {library}, which is not installed here: pip install {package}"
    assert str(caught.value) == said


def _without(library: str, real: Any) -> Any:
    def import_module(name: str, package: str | None = None) -> ModuleType:
        if name == library or name.startswith(f"{library}."):
            raise ModuleNotFoundError(f"No module named {library!r}", name=library)
        return real(name, package)

    return import_module


class Stub:
    """A client of a vector database: answers from `answers`, raises what is an exception, notes what it is asked."""

    answers: dict[str, Any] = {}  # noqa: RUF012 - set by each test
    asked: list[tuple[str, dict[str, Any]]] = []  # noqa: RUF012 - as above

    def __init__(self, **options: Any) -> None:
        Stub.asked = [("made", options)]

    def __getattr__(self, name: str) -> Any:
        def call(**options: Any) -> Any:
            Stub.asked.append((name, options))
            found = self.answers.get(name)
            if isinstance(found, Exception):
                raise found
            return found

        return call


def module(**members: Any) -> ModuleType:
    stub = ModuleType("stub")
    vars(stub).update(members)
    return stub


class Points:
    """An answer of qdrant-client."""

    def __init__(self, *points: int) -> None:
        self.points = points


def test_qdrant(monkeypatch: pytest.MonkeyPatch, told: list[tuple[str, str, bool]]) -> None:
    """Each call is a request of type qdrant; the outcome says what came of it, and finding nothing is no success."""
    qdrant = loaded(monkeypatch, "qdrant", qdrant_client=module(QdrantClient=Stub))
    user_class = type(
        "Searcher",
        (qdrant.QdrantUser,),
        {"collection_name": "c", "vectors_config": "v", "client_kwargs": {"prefer_grpc": True}},
    )
    Stub.answers = {"collection_exists": False, "query_points": Points(), "scroll": ([1], 7)}
    user = user_class(Environment())
    made = {"url": "http://localhost:6333", "api_key": None, "timeout": 60, "prefer_grpc": True}
    create = ("create_collection", {"collection_name": "c", "vectors_config": "v"})
    assert Stub.asked == [("made", made), ("collection_exists", {"collection_name": "c"}), create]
    found = user.search([0.1], limit=3)
    assert (found["success"], found["empty"]) == (False, True)
    scrolled = user.scroll()
    assert (scrolled["success"], scrolled["result"], scrolled["next_offset"]) == (True, [1], 7)
    Stub.answers["upsert"] = OSError("gone")
    assert isinstance(user.upsert([])["exception"], OSError)
    assert user.delete("all")["success"] is True
    assert told == [
        ("qdrant", "search", True), ("qdrant", "scroll", True), ("qdrant", "upsert", False), ("qdrant", "delete", True),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="needs a collection_name"):
        qdrant.QdrantUser(Environment())


def test_milvus(monkeypatch: pytest.MonkeyPatch, told: list[tuple[str, str, bool]]) -> None:
    """Each call is a request of type milvus, a recall one more."""
    milvus = loaded(monkeypatch, "milvus", pymilvus=module(MilvusClient=Stub))
    Stub.answers = {"search": [[{"id": 1}, {"id": 9}]], "query": [], "hybrid_search": [[]]}
    user = milvus.MilvusUser(Environment(), collection_name="c", schema="s", index_params="i", num_shards=2)
    options = {"collection_name": "c", "schema": "s", "index_params": "i", "num_shards": 2}
    assert Stub.asked[1] == ("create_collection", options)
    found = user.search([[0.1]], "vector", 2, calculate_recall=True, ground_truth=[1, 2])
    assert (found["success"], found["recall"]) == (True, 0.5)
    assert user.query("id > 1")["empty"] is True
    assert user.hybrid_search([], None, 2)["success"] is False
    Stub.answers["insert"] = OSError("gone")
    assert user.insert([{}])["success"] is False
    assert user.upsert([{}])["success"] is True
    assert user.delete("id > 1")["success"] is True
    names_told = [(name, good) for _, name, good in told]
    assert names_told == [
        ("search", True), ("recall", True), ("query", True), ("hybrid_search", True), ("insert", False),
        ("upsert", True), ("delete", True),
    ]  # fmt: skip
    assert milvus.MilvusV2Client.get_recall([], [1], 1) == 0.0
    assert milvus.MilvusV2Client.get_recall([[{"id": 1}]], [1], 5) == 0.0


class _Answers(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        asked = json.loads(self.rfile.read(length))
        good = asked["model"] == "good"
        usage = {"prompt_tokens": 1, "completion_tokens": 42, "total_tokens": 43}
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}
        body = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
        data = json.dumps(body if good else {"error": {"message": "bad"}}).encode()
        self.send_response(200 if good else 400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


def test_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    """An HTTP request of the library is a request, with the tokens of the answer as its length; names can be set."""
    openai = pytest.importorskip("openai")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
    oai = loaded(monkeypatch, "oai")
    environment = Environment()
    found: list[tuple[Any, ...]] = []
    environment.events.request.add_listener(
        lambda request_type, name, response_length, exception, response_time, **_: found.append(
            (request_type, name, response_length, exception is None, response_time > 0)
        )
    )
    user = oai.OpenAIUser(environment)
    messages = [{"role": "user", "content": "hi"}]
    assert user.client.chat.completions.create(model="good", messages=messages).choices[0].message.content == "hi"
    with user.client.rename_request("mine"), pytest.raises(openai.BadRequestError):
        user.client.chat.completions.create(model="bad", messages=messages)
    server.shutdown()
    server.server_close()
    assert found == [("POST", "/v1/chat/completions", 42, True, True), ("POST", "mine", 0, False, True)]


def test_openai_needs_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in Locust: without OPENAI_API_KEY the module cannot be imported."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(RuntimeError, match="OPENAI_API_KEY"):
        loaded(monkeypatch, "oai", openai=module(OpenAI=object), httpx=module())
