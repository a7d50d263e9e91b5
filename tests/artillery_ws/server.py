"""A small Engine.IO and Socket.IO server: WebSocket, polling, upgrade, namespaces, acknowledgements, attachments.

Rules: protocol 4 and 3 of Engine.IO; written for itself, so that the client is not tested against its own reading of
the protocol.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

Send: TypeAlias = Callable[[str | bytes], None]


class Session:
    """One client. `queue` holds packets for polling; `send` is a WebSocket's once there is one."""

    def __init__(self, sid: str, version: int, query: dict[str, str]) -> None:
        self.sid = sid
        self.version = version
        self.query = query
        self.queue: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.send: Send = self.queue.put_nowait
        self.drop: Callable[[], None] = lambda: None
        self.packets: list[str] = []
        self.attachments: list[bytes] = []
        self.waiting = ""

    def event(self, namespace: str, *arguments: Any) -> None:
        """Send an event without attachments."""
        front = "" if namespace == "/" else f"{namespace},"
        self.send(f"42{front}{json.dumps(list(arguments))}")


class SocketioServer:
    """Answers `/socket.io/`. `sessions` are all there were, `closed` those that said goodbye."""

    def __init__(self) -> None:
        self.sessions: list[Session] = []
        self.closed: list[str] = []
        self.pings = True

    # --- Engine.IO ---

    def begin(self, path: str) -> Session:
        """A new session and its first packet."""
        query = dict(parse_qsl(urlsplit(path).query))
        session = Session(f"s{len(self.sessions)}", int(query["EIO"]), query)
        self.sessions.append(session)
        return session

    def hello(self, session: Session, *, upgrades: bool) -> str:
        """The packet that opens a session."""
        upgrade = ["websocket"] if upgrades and "no-upgrade" not in session.query else []
        fields = {"sid": session.sid, "upgrades": upgrade, "pingInterval": 25000, "pingTimeout": 20000}
        return f"0{json.dumps(fields)}"

    def find(self, path: str) -> Session | None:
        """The session a request names."""
        sid = dict(parse_qsl(urlsplit(path).query)).get("sid")
        return next((each for each in self.sessions if each.sid == sid), None)

    async def poll(self, method: str, path: str, body: str) -> tuple[str, str]:
        """Status and body for a request of polling."""
        session = self.find(path)
        if session is None:
            if "sid=" in path:
                return "400 Bad Request", '{"code":1,"message":"Session ID unknown"}'
            session = self.begin(path)
            first: list[str | bytes] = [self.hello(session, upgrades=True)]
            return "200 OK", joined([*first, "40"] if session.version == 3 else first, session.version)
        if method == "POST":
            for packet in split(body, session.version):
                self.take(session, packet)
            return "200 OK", "ok"
        packets = [await session.queue.get()]
        while not session.queue.empty():
            packets.append(session.queue.get_nowait())
        return "200 OK", joined(packets, session.version)

    async def talk(self, path: str, messages: Any, send: Send, drop: Callable[[], None]) -> None:
        """A WebSocket: `messages` are those of the client."""
        session = self.find(path)
        if session is None:
            session = self.begin(path)
            send(self.hello(session, upgrades=False))
            if session.version == 3:
                send("40")
            elif self.pings:
                send("2")
            session.send = send
        session.drop = drop
        async for message in messages:
            if message == "2probe":
                send("3probe")
            elif message == "5":
                session.send = send
                while not session.queue.empty():
                    send(session.queue.get_nowait())
            else:
                data = message[1:] if isinstance(message, bytes) and session.version == 3 else message
                self.take(session, data)

    # --- Socket.IO ---

    def take(self, session: Session, packet: str | bytes) -> None:
        """One packet of Engine.IO."""
        if isinstance(packet, bytes):
            session.attachments.append(packet)
            session.waiting, text = "", session.waiting
            self.binary(session, text)
            return
        session.packets.append(packet)
        if packet == "1":
            self.closed.append(session.sid)
        elif packet == "2" and session.version == 3:
            session.send("3")
        elif packet.startswith("4"):
            self.packet(session, packet[1:])

    def packet(self, session: Session, text: str) -> None:
        """One packet of Socket.IO."""
        kind, rest = text[0], text[1:]
        if kind == "5":
            session.waiting = rest
            return
        namespace = "/"
        if rest.startswith("/"):
            namespace, _, rest = rest.partition(",")
        front = "" if namespace == "/" else f"{namespace},"
        if kind == "0":
            auth = json.loads(rest) if rest else {}
            if namespace == "/private" and auth.get("token") != "good":
                session.send(f'44{front}"no"' if session.version == 3 else f'44{front}{{"message":"not authorized"}}')
            else:
                session.send(f"40{front}" if session.version == 3 else f'40{front}{{"sid":"{session.sid}{namespace}"}}')
                if namespace == "/greeting":
                    session.event(namespace, "welcome", {"n": 1})
        elif kind == "1":
            self.closed.append(f"{session.sid}{namespace}")
        elif kind == "2":
            digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
            name, *arguments = json.loads(rest[len(digits) :])
            self.event(session, namespace, name, arguments, f"43{front}{digits}" if digits else "")

    def event(self, session: Session, namespace: str, name: str, arguments: list[Any], ack: str) -> None:
        """One event; `ack` is the front of its acknowledgement."""
        match name:
            case "echo":
                session.event(namespace, "noise", 1)
                session.event(namespace, "echoed", *arguments)
            case "ask":
                session.send(f"{ack}{json.dumps([{'name': 'Ann', 'ns': namespace, 'got': arguments}, 7])}")
            case "stream":
                for part in ("one ", "two ", "three"):
                    session.event(namespace, "part", part)
            case "count":
                for number in range(1, 4):
                    session.event(namespace, "number", {"n": number})
            case "picture":
                session.send('451-["picture",{"_placeholder":true,"num":0}]')
                session.send(b"\x04\x01\x02" if session.version == 3 and not session.queue.qsize() else b"\x01\x02")
            case "kick":
                session.send(f"41{'' if namespace == '/' else namespace + ','}")
            case "vanish":
                session.drop()
            case _:
                pass

    def binary(self, session: Session, text: str) -> None:
        """An event with one attachment: sent back as its size."""
        name = json.loads(text.split("-", 1)[1])[0]
        session.event("/", "size", name, len(session.attachments[-1]))


def joined(packets: list[str | bytes], version: int) -> str:
    """Packets as polling answers them."""
    if version == 3:
        texts = [each if isinstance(each, str) else f"b4{base64.b64encode(each).decode()}" for each in packets]
        return "".join(f"{len(each)}:{each}" for each in texts)
    return "\x1e".join(each if isinstance(each, str) else f"b{base64.b64encode(each).decode()}" for each in packets)


def split(body: str, version: int) -> list[str | bytes]:
    """Packets as polling sends them."""
    if version == 4:
        return [base64.b64decode(each[1:]) if each.startswith("b") else each for each in body.split("\x1e")]
    found: list[str | bytes] = []
    while body:
        length, _, rest = body.partition(":")
        text, body = rest[: int(length)], rest[int(length) :]
        found.append(base64.b64decode(text[2:]) if text.startswith("b4") else text)
    return found
