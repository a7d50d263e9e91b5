"""k6/net/grpc: streams of all kinds, and how they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.k6.modules import grpc as module

if TYPE_CHECKING:
    from .grpc_shop import Desk


@pytest.mark.parametrize(
    ("open_", "write", "expected"),
    [
        (
            "Chat",
            "s.write({ id: 'a', amount: 1 }); s.write({ id: 'b', amount: 2 }); s.end();",
            [["A", 2], ["B", 4], "end"],
        ),
        ("Count", "s.write({ name: 'n', count: 2 });", [["n", 0], ["n", 1], "end"]),
        ("Sum", "s.write({ amount: 1 }); s.write({ amount: 5 }); s.end();", [["sum", 6], "end"]),
    ],
)
def test_streams(desk: Desk, open_: str, write: str, expected: list[Any]) -> None:
    """All three kinds; the iteration waits for the end, and messages are counted."""
    found = desk.connected(
        f"""const seen = [], s = new Stream(client, 'shop.v1.Shop/{open_}', {{ tags: {{ t: '1' }} }});
        s.on('data', (m) => seen.push([m.id, m.amount]));
        s.on('error', (e) => seen.push(e));
        const over = new Promise((done) => s.on('end', () => {{ seen.push('end'); done(); }}));
        {write}
        await over;
        return seen;"""
    )
    assert found == expected
    counted = [metric for metric, _, _ in desk.world.vu.samples]
    assert counted.count("grpc_streams") == 1
    assert counted.count("grpc_streams_msgs_sent") == write.count("write")
    assert counted.count("grpc_streams_msgs_received") == len(expected) - 1
    assert counted.count("grpc_req_duration") == 1


def test_a_stream_that_fails(desk: Desk) -> None:
    """What was received, then the error, then the end."""
    found = desk.connected(
        """const seen = [], s = new Stream(client, 'shop.v1.Shop/Count');
        s.on('data', (m) => seen.push(m.amount)).on('error', (e) => seen.push([e.code, e.message]));
        s.on('end', () => seen.push('end'));
        s.write({ name: 'bad', count: 1 });
        await new Promise((done) => s.on('end', done));
        return seen;"""
    )
    assert found == [0, [10, "enough"], "end"]


def test_what_an_iteration_leaves_open_is_cancelled(desk: Desk) -> None:
    """end_iteration() ends streams that nobody reads to their end."""
    contexts: list[Any] = []
    desk.world.loaded = contexts.append
    desk.world.at_end = lambda: module.end_iteration(contexts[0])
    found = desk.connected(
        """const seen = [], s = new Stream(client, 'shop.v1.Shop/Chat');
        s.on('error', (e) => seen.push(e.code));
        s.write({ amount: 1 });
        await new Promise((done) => s.on('data', done));
        stop();
        await new Promise((done) => s.on('end', done));
        return seen;"""
    )
    assert found == [1]


def test_a_stream_is_over_when_it_is_over(desk: Desk) -> None:
    """Also while the script waits for something else; how long it took is not how long the script waited."""
    found = desk.connected(
        """let items = 0, over;
        const ended = new Promise((done) => { over = done; });
        const stream = new Stream(client, 'shop.v1.Shop/Count');
        stream.on('data', () => { items++; }).on('end', over);
        stream.write({ count: 3 });
        client.invoke('shop.v1.Shop/Slow', {}, { timeout: '500ms' });
        const before = items;
        await ended;
        return [before, items];"""
    )
    assert found == [0, 3]
    times = {tags["method"]: value for metric, value, tags in desk.world.vu.samples if metric == "grpc_req_duration"}
    assert times["Count"] < times["Slow"]


def test_closing_the_connection_ends_streams(desk: Desk) -> None:
    """They are told as k6 tells them; the iteration does not wait for ever."""
    found = desk.connected(
        """const told = [];
        let over;
        const ended = new Promise((done) => { over = done; });
        const stream = new Stream(client, 'shop.v1.Shop/Sum');
        stream.on('error', (e) => told.push(e.code, e.message)).on('end', over);
        stream.write({ amount: 1 });
        stream.end();
        client.close();
        await ended;
        return told;"""
    )
    assert found == [1, "canceled by client (k6)"]
