"""What is recorded of requests: rows, tags, series, and the hook that sees each response."""

from __future__ import annotations

from datetime import timedelta

from swell.http.response import Response
from swell.http.session import Session
from swell.metrics.tags import TagSet
from swell.runtime.fiber import current_fiber
from tests.http.conftest import Net, answer


def test_a_request_and_its_record(net: Net) -> None:
    """The first request opens a connection, later ones reuse it; each leaves one row with tags, phases and bytes."""
    page = answer(b'{"a": 1}', Content_Type="application/json")

    def user(session: Session) -> list[Response]:
        return [session.get("/feed") for _ in range(3)]

    responses = net.run(user, net.script(page))
    assert net.connections == 1
    assert [response.status_code for response in responses] == [200] * 3
    assert all(response.ok and response.json() == {"a": 1} and response.text == '{"a": 1}' for response in responses)
    assert (
        net.ledger.requests
        == [{"scenario": "test", "name": "/feed", "method": "GET", "status": "200", "expected_response": "true"}] * 3
    )
    for row, head, response in zip(net.ledger.rows, net.heads, responses, strict=True):
        _, start, end, lag, sending, waiting, receiving, bytes_out, bytes_in = row
        assert (bytes_out, bytes_in, lag) == (len(head), len(page), 0.0)
        assert min(sending, waiting, receiving) >= 0.0
        assert sending + waiting + receiving <= end - start
        assert response.elapsed == timedelta(seconds=sending + waiting + receiving)
        assert response.timings.duration == sending + waiting + receiving
    assert len(net.ledger.connects) == 1
    blocked, looking_up, connecting, tls = net.ledger.connects[0][2:]
    assert blocked >= connecting > 0.0
    assert (looking_up, tls) == (0.0, 0.0)
    assert responses[0].timings.blocked == blocked
    assert responses[1].timings.blocked == 0.0
    assert responses[1].row[1:] == net.ledger.rows[1][1:]


def test_tags_of_the_fiber_decide_the_series(net: Net) -> None:
    """The tags in force at each request are those of its record."""

    def user(session: Session) -> None:
        fiber = current_fiber()
        before = fiber.tags
        session.get("/")
        fiber.tags = before.with_tags(group="::g")
        session.get("/")
        fiber.tags = None
        session.get("/")
        fiber.tags = before
        fiber.lag = 0.25
        session.get("/")

    net.run(user, net.script(answer()))
    assert [tags.get("group") for tags in net.ledger.requests] == [None, "::g", None, None]
    assert [tags.get("scenario") for tags in net.ledger.requests] == ["test", "test", None, "test"]
    assert [row[3] for row in net.ledger.rows] == [0.0, 0.0, 0.0, 0.25]


def test_on_request_sees_each_recorded_response(net: Net) -> None:
    """The hook is called in the fiber, after the record, for successes and failures."""
    seen: list[tuple[str, str, int, int]] = []

    def user(session: Session) -> None:
        def hook(response: Response) -> None:
            current_fiber()
            request = response.request
            seen.append((request.method, request.name, response.status_code, len(net.ledger.rows)))

        session.on_request = hook
        for _ in range(2):
            session.get("/a")
        session.post("/b", name="bee")
        session.get("http://127.0.0.1:1/")

    net.run(user, net.script(answer()))
    assert seen == [
        ("GET", "/a", 200, 1),
        ("GET", "/a", 200, 2),
        ("POST", "bee", 200, 3),
        ("GET", "http://127.0.0.1:1/", 0, 4),
    ]


def test_many_urls_under_one_name_do_not_pile_up(net: Net) -> None:
    """A name keeps one series for any number of URLs, and the URLs are forgotten in time."""

    def user(session: Session) -> int:
        session.get("/0", name="/[id]")
        book = session.book(current_fiber())
        for number in range(10_000):
            book.endpoint("GET", f"/{number}", "/[id]")
        return len(book.found)

    assert net.run(user, net.script(answer())) <= 4096
    assert len(net.ledger.series) == 1


def test_sessions_under_the_same_tags_share_endpoints(net: Net) -> None:
    """What is worked out for one user serves all with the same settings, and no others."""

    def user(session: Session) -> None:
        other = Session(net.hub, session.client.recorder, session.client.options, session.base_url)
        fiber = current_fiber()
        assert other.client is session.client
        assert other.book(fiber) is session.book(fiber)
        other.expected_statuses = 404  # type: ignore[assignment]
        assert other.book(fiber) is not session.book(fiber)
        fiber.tags = TagSet.of({"scenario": "other"})
        assert session.book(fiber).tags is fiber.tags

    net.run(user, net.script(answer()))
