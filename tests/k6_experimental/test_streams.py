"""k6/experimental/streams: readable and writable streams as browsers have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_INIT = """
import { ReadableStream, WritableStream, CountQueuingStrategy } from 'k6/experimental/streams';
const later = () => new Promise((go) => setTimeout(go, 1));
const fails = async (promise) => {
  try { await promise; return null; } catch (error) { return error.message ?? error; }
};
const all = async (stream) => {
  const reader = stream.getReader(), found = [];
  for (;;) { const { done, value } = await reader.read(); if (done) return found; found.push(value); }
};
"""


def test_reading(values: Callable[..., list[Any]]) -> None:
    """Pushed from timers or pulled on demand, in order, until it is closed."""
    found = values(
        _INIT,
        """
        show(await all(new ReadableStream({ start(c) {
          let n = 0;
          const push = () => { if (n < 3) { c.enqueue(++n); setTimeout(push, 1); } else c.close(); };
          setTimeout(push, 1);
        } })));
        let pulls = 0;
        const pull = async (c) => { await later(); if (pulls++ < 2) c.enqueue(pulls); else c.close(); };
        const pulled = new ReadableStream({ pull }, { highWaterMark: 0 });
        await later();
        show(pulls);
        const found = [];
        for await (const each of pulled) found.push(each);
        show(found, pulls);
        """,
    )
    assert found == [[[1, 2, 3]], [0], [[1, 2], 3]]


def test_queues_have_a_limit(values: Callable[..., list[Any]]) -> None:
    """Nothing is pulled while the queue is full; the strategy says how large a chunk is."""
    found = values(
        _INIT,
        """
        let pulls = 0, wanted;
        const stream = new ReadableStream({ pull(c) { pulls++; c.enqueue('x'); wanted = c.desiredSize; } },
          new CountQueuingStrategy({ highWaterMark: 3 }));
        await later();
        show(pulls, wanted);
        const reader = stream.getReader();
        await reader.read(); await later();
        show(pulls);
        let sizes;
        const start = (c) => { c.enqueue('four'); sizes = c.desiredSize; };
        new ReadableStream({ start }, { highWaterMark: 6, size: (t) => t.length });
        show(sizes);
        """,
    )
    assert found == [[3, 0], [4], [2]]


def test_locks_cancels_and_errors(values: Callable[..., list[Any]]) -> None:
    """One reader at a time; a cancel reaches the source; an error reaches all who wait."""
    found = values(
        _INIT,
        """
        let reason = null;
        const stream = new ReadableStream({ cancel(why) { reason = why; } });
        const reader = stream.getReader(), waiting = reader.read();
        const again = (async () => stream.getReader())();
        show(stream.locked, await fails(again) !== null, await fails(stream.cancel()) !== null);
        reader.releaseLock();
        show(stream.locked, await fails(waiting) !== null, await fails(reader.read()) !== null);
        const next = stream.getReader();
        await next.cancel('enough');
        show(reason, await next.read(), await fails(next.closed));
        let control;
        const broken = new ReadableStream({ start(c) { control = c; } });
        const other = broken.getReader(), first = other.read();
        control.error(new Error('gone'));
        show(await fails(first), await fails(other.read()), await fails(other.closed), control.desiredSize);
        show(await fails(all(new ReadableStream({ pull() { throw new Error('no'); } }))));
        """,
    )
    assert found == [
        [True, True, True],
        [False, True, True],
        ["enough", {"done": True}, None],
        ["gone", "gone", "gone", None],
        ["no"],
    ]


def test_writing(values: Callable[..., list[Any]]) -> None:
    """One chunk after the other; `ready` says when there is room; close comes last."""
    found = values(
        _INIT,
        """
        const log = [];
        const stream = new WritableStream({
          async write(chunk) { log.push(`begin ${chunk}`); await later(); log.push(`end ${chunk}`); },
          close() { log.push('closed'); },
        }, { highWaterMark: 2 });
        const writer = stream.getWriter();
        show(stream.locked, writer.desiredSize);
        writer.write('a'); writer.write('b');
        show(writer.desiredSize);
        await writer.ready;
        show(writer.desiredSize);
        await writer.close();
        await writer.closed;
        show(log, await fails(writer.write('c')) !== null, await fails(writer.close()) !== null);
        """,
    )
    assert found == [[True, 2], [0], [1], [["begin a", "end a", "begin b", "end b", "closed"], True, True]]


def test_writing_that_fails(values: Callable[..., list[Any]]) -> None:
    """What comes after the failed chunk fails too; an abort reaches the sink."""
    found = values(
        _INIT,
        """
        const writer = new WritableStream({ write(chunk) { if (chunk === 2) throw new Error('full'); } }).getWriter();
        const wrote = [writer.write(1), writer.write(2), writer.write(3)];
        show(await Promise.all(wrote.map(fails)));
        show(await fails(writer.closed), await fails(writer.ready), writer.desiredSize);
        let why = null;
        const stream = new WritableStream({ abort(reason) { why = reason; } });
        await stream.abort('stop');
        show(why, await fails(stream.getWriter().write(1)));
        """,
    )
    assert found == [[[None, "full", "full"]], ["full", "full", None], ["stop", "stop"]]
