"""Small servers of other protocols, each in threads of this process."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

Handle = Callable[[socket.socket], None]


@contextmanager
def listening(handle: Handle) -> Iterator[int]:
    """A TCP server that gives each connection to `handle`; yields its port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError, EOFError):
                handle(self.request)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def take(connection: socket.socket, size: int) -> bytes:
    """Exactly so many bytes; EOFError at the end."""
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


# --- MongoDB: OP_MSG only


def mongo(connection: socket.socket) -> None:
    """Answers what pymongo asks, `find` of the collection "broken" with an error, any other with two documents."""
    import bson

    while True:
        length, number, _, code = struct.unpack("<iiii", take(connection, 16))
        body = take(connection, length - 16)
        if code == 2013:
            asked = bson.decode(body[5:])
            answer = b"\0\0\0\0\0" + bson.encode(_mongo_answer(asked))
        else:  # OP_QUERY, the first hello
            answer = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(_mongo_answer({"hello": 1}))
        kind = 2013 if code == 2013 else 1
        connection.sendall(struct.pack("<iiii", 16 + len(answer), 1, number, kind) + answer)


def _mongo_answer(asked: dict[str, Any]) -> dict[str, Any]:
    if asked.get("find") == "broken":
        return {"ok": 0.0, "errmsg": "this collection is broken", "code": 96, "codeName": "OperationFailed"}
    if "find" in asked:
        found = [{"_id": 1}, {"_id": 2}]
        return {"cursor": {"id": 0, "ns": f"test.{asked['find']}", "firstBatch": found}, "ok": 1.0}
    limits = {"maxBsonObjectSize": 16 << 20, "maxMessageSizeBytes": 48 << 20, "maxWriteBatchSize": 100_000}
    return {
        "isWritablePrimary": True,
        "minWireVersion": 0,
        "maxWireVersion": 21,
        "readOnly": False,
        "ok": 1.0,
        **limits,
    }


# --- MQTT 3.1.1


def mqtt(connection: socket.socket) -> None:
    """A broker that confirms everything but subscriptions to "forbidden", and delivers nothing."""
    while True:
        kind = take(connection, 1)[0]
        size = shift = 0
        while True:
            byte = take(connection, 1)[0]
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        body = take(connection, size)
        match kind >> 4:
            case 1:
                connection.sendall(b"\x20\x02\0\0")
            case 3 if kind & 6:
                topic = int.from_bytes(body[:2], "big")
                connection.sendall(b"\x40\x02" + body[2 + topic : 4 + topic])
            case 8:
                code = b"\x80" if b"forbidden" in body else b"\0"
                connection.sendall(b"\x90\x03" + body[:2] + code)
            case 14:
                return
            case _:
                pass


# --- DNS


@contextmanager
def name_server() -> Iterator[int]:
    """Answers over UDP: an address for every name but those of "empty." ; yields its port."""
    import dns.message
    import dns.rrset

    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                data, sender = server.recvfrom(4096)
            except OSError:
                return
            if not data:
                return
            asked = dns.message.from_wire(data)
            answer = dns.message.make_response(asked)
            name = asked.question[0].name
            if "empty" not in str(name):
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", "A", "127.0.0.1"))
            server.sendto(answer.to_wire(), sender)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = server.getsockname()[1]
    try:
        yield port
    finally:
        server.sendto(b"", ("127.0.0.1", port))
        thread.join(10)
        server.close()


# --- Socket.IO


@contextmanager
def socket_io() -> Iterator[int]:
    """Greets whoever connects, answers calls of "add" with the sum, and sends back what "echo" brings."""
    import socketio
    from werkzeug.serving import make_server

    sio: Any = socketio.Server(async_mode="threading")

    @sio.event
    def connect(sid: str, _environ: Any, _auth: Any = None) -> None:
        sio.emit("welcome", "hello", to=sid)

    @sio.on("add")
    def add(_sid: str, numbers: list[int]) -> int:
        return sum(numbers)

    @sio.on("echo")
    def echo(sid: str, text: str) -> None:
        sio.emit("echoed", text, to=sid)

    server = make_server("127.0.0.1", 0, socketio.WSGIApp(sio), threaded=True)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
