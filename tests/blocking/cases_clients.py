"""Cases of database, cache and WebSocket clients; each function runs in a fiber of a child process."""

from __future__ import annotations

from typing import Any

from tests.blocking.inside import Crowd, Stage


def _ten_at_once(stage: Stage, use: Any) -> list[Any]:
    crowd = Crowd()

    def user() -> Any:
        with crowd:
            return use()

    return [stage.together([user] * 10), crowd.most]


def psycopg3(stage: Stage, url: str) -> list[Any]:
    import psycopg

    def use() -> Any:
        with psycopg.connect(url) as connection:
            return connection.execute("select 7 from pg_sleep(0.3)").fetchone()[0]  # type: ignore[index]

    return _ten_at_once(stage, use)


def psycopg2(stage: Stage, url: str) -> list[Any]:
    import psycopg2

    def use() -> Any:
        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("select 7 from pg_sleep(0.3)")
            return cursor.fetchone()[0]  # type: ignore[index]

    return _ten_at_once(stage, use)


def redis_py(stage: Stage, url: str) -> dict[str, Any]:
    import redis

    client = redis.Redis.from_url(url, socket_timeout=30)
    told = {"blpop": _ten_at_once(stage, lambda: client.blpop(["nobody"], timeout=0.3))}

    def take() -> str:
        _, element = client.blpop(["box"], timeout=30)
        return element.decode()

    told["pair"] = stage.together([take, lambda: client.rpush("box", "x")])
    impatient = redis.Redis.from_url(url, socket_timeout=0.1)
    told["late"] = stage.together([lambda: impatient.blpop(["nobody"], timeout=5)])
    return told


def websocket_client(stage: Stage, port: int) -> list[Any]:
    import websocket

    def use() -> Any:
        connection = websocket.create_connection(f"ws://127.0.0.1:{port}/", timeout=30)
        connection.send("hello")
        answer = connection.recv()
        connection.close()
        return answer

    return _ten_at_once(stage, use)


def grpc_client(stage: Stage) -> list[Any]:
    import subprocess
    import sys

    import grpc

    child = subprocess.Popen(
        [sys.executable, "-c", GRPC_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    try:
        with grpc.insecure_channel(f"127.0.0.1:{child.stdout.readline().strip()}") as channel:
            call = channel.unary_unary("/any/method")
            return _ten_at_once(stage, lambda: call(b"hello", timeout=30).decode())
    finally:
        child.kill()
        child.communicate()


GRPC_SERVER = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
import grpc

def answer(request, context):
    time.sleep(0.3)
    return request

class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        return grpc.unary_unary_rpc_method_handler(answer)

server = grpc.server(ThreadPoolExecutor(20))
server.add_generic_rpc_handlers((Handler(),))
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
sys.stdin.read()
"""
