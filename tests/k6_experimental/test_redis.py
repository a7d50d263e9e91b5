"""k6/experimental/redis against a server: every command that k6 has, and what goes wrong."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.javascript import JsThrow
from swell.dialects.k6.modules.redis import server_of
from swell.dialects.k6.modules.redis_wire import RedisError, Server, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..k6.conftest import K6

_INIT = """
import redis from 'k6/experimental/redis';
const client = new redis.Client(__ENV.REDIS);
const fails = async (promise) => { try { await promise; return null; } catch (error) { return error.message; } };
"""


def test_commands(values: Callable[..., list[Any]], redis_url: str) -> None:
    """They give what k6 says they give; a key that is not there is an error."""
    found = values(
        _INIT,
        """
        await client.sendCommand('FLUSHDB');
        show(await client.set('a', 'x', 0), await client.get('a'));
        show(await client.getSet('a', 'y'), await client.getDel('a'));
        show(await fails(client.get('a')), await client.exists('a'), await fails(client.randomKey()));
        show(await client.incr('n'), await client.incrBy('n', 4), await client.decr('n'), await client.decrBy('n', 2));
        show(await client.mget('n', 'no'), await client.mget(['n']), await client.randomKey());
        show(await client.set('t', 1, 100), await client.ttl('t'), await client.persist('t'), await client.ttl('t'));
        show(await client.expire('t', 5), await client.expire('no', 5));
        show(await client.del('t', 'no'), await client.del(['n']));
        show(await client.rpush('l', 'b', 'c'), await client.lpush('l', 'a'), await client.lrange('l', 0, -1));
        show(await client.lindex('l', 1), await client.lset('l', 1, 'B'));
        show(await client.lrem('l', 0, 'c'), await client.llen('l'));
        show(await client.lpop('l'), await client.rpop('l'), await fails(client.lpop('l')));
        show(await client.hset('h', 'f', 'v'), await client.hsetnx('h', 'f', 'w'), await client.hget('h', 'f'));
        show(await client.hset('h', 'n', 1), await client.hincrby('h', 'n', 2));
        show(await client.hgetall('h'), await client.hlen('h'));
        show((await client.hkeys('h')).sort(), (await client.hvals('h')).sort(), await client.hdel('h', 'f', 'n'));
        show(await client.sadd('s', 'a', 'b'), await client.sismember('s', 'a'), (await client.smembers('s')).sort());
        show(await client.srem('s', 'b'), await client.srandmember('s'));
        show(await client.spop('s'), await client.smembers('s'));
        show(await client.sendCommand('ECHO', 'äöü'), await fails(client.sendCommand('NO SUCH')) !== null);
        show(await client.set('b', true));
        """,
        *("-e", f"REDIS={redis_url}"),
    )
    assert found == [
        ["OK", "x"],
        ["x", "y"],
        ["redis: nil", 0, "redis: nil"],
        [1, 5, 4, 2],
        [["2", None], ["2"], "n"],
        ["OK", 100, True, -1],
        [True, False],
        [1, 1],
        [2, 3, ["a", "b", "c"]],
        ["b", "OK"],
        [1, 2],
        ["a", "B", "redis: nil"],
        [1, False, "v"],
        [1, 3],
        [{"f": "v", "n": "3"}, 2],
        [["f", "n"], ["3", "v"], 2],
        [2, True, ["a", "b"]],
        [1, "a"],
        ["a", []],
        ["äöü", True],
        ["OK"],
    ]


def test_vus_at_the_same_time(values: Callable[..., list[Any]], redis_url: str) -> None:
    """Each VU has a connection; many commands may be under way on it."""
    found = values(
        _INIT,
        "const all = await Promise.all(Array.from({ length: 20 }, () => client.incr('together'))); show(...all);",
        *("-e", f"REDIS={redis_url}"),
        options="vus: 3, iterations: 6",
    )
    assert sorted(number for line in found for number in line) == list(range(1, 121))


def test_what_goes_wrong(k6: K6) -> None:
    """No server, no init code, no objects: promises are rejected, the script goes on."""
    ran = k6(
        """
        import { Client } from 'k6/x/redis';
        const client = new Client({ socket: { host: '127.0.0.1', port: 1 } });
        client.get('a').catch((error) => console.log(error.message));
        export default async function () {
          for (const call of [() => client.get('a'), () => client.set('a', {}), () => client.set('a', null)])
            try { await call(); } catch (error) { console.log(error.name, error.message); }
          try { new Client({ cluster: { nodes: ['redis://a'] } }); } catch (error) { console.log(error.message); }
        }
        """
    )
    assert ran.code == 0, ran.err
    assert "running test" in ran.logged[0]
    said = [line for line in ran.logged if "running test" not in line]
    assert [line.split(":")[0] for line in said if "127.0.0.1" in line] == ["Error cannot connect to 127.0.0.1"]
    assert sum("strings, numbers and booleans" in line for line in said) == 2
    assert "clusters are not supported" in said[-1]


@pytest.mark.parametrize(
    ("given", "server"),
    [
        ("redis://u:p%40@h:1/2", Server(host="h", port=1, username="u", password="p@", database=2)),
        ("rediss://h", Server(host="h", tls=True)),
        ({"addrs": ["h:1"], "password": "p"}, Server(host="h", port=1, password="p")),
        (
            {"socket": {"host": "h", "port": 1, "dialTimeout": 500}, "database": 3, "clientName": "c"},
            Server(host="h", port=1, database=3, client_name="c", timeout=0.5),
        ),
        ({}, Server()),
    ],
)
def test_addresses(given: Any, server: Server) -> None:
    """URLs, and options old and new."""
    assert server_of(given) == server


@pytest.mark.parametrize("given", [None, 5, "http://h", "redis://h/x", {"addrs": ["a:1", "b:1"]}, {"masterName": "m"}])
def test_addresses_that_are_none(given: Any) -> None:
    """They are refused when the client is made."""
    with pytest.raises(JsThrow):
        server_of(given)


def test_a_reply_nobody_waits_for(redis_url: str) -> None:
    """It is taken off the connection all the same; the next command gets its own; a closed connection opens again."""

    async def talk() -> list[Any]:
        wire = Wire(server_of(redis_url))
        await wire.run(["SET", "k", "v"])
        slow = asyncio.ensure_future(wire.run(["BLPOP", "none", "0.2"]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        slow.cancel()
        found: list[Any] = [await wire.run(["GET", "k"])]
        wire.close()
        found.append(await wire.run(["GET", "k"]))
        with pytest.raises(RedisError, match="WRONGTYPE"):
            await wire.run(["LPOP", "k"])
        wire.close()
        return found

    assert asyncio.run(talk()) == ["v", "v"]
