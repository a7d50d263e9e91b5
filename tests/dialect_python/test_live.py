"""Test files on a real loop against a real server: the HTTP client, async tasks, rendezvous."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Journal, Rehearsal


def test_http_user(run_live: Callable[..., Rehearsal], journal: Journal) -> None:
    """Each user has a client of its own with kept connections; names, groups and checks reach the series."""
    run = run_live(
        """
        from journal import note

        class Visitor(HttpUser):
            load = iterations_per_user(3, users=2)

            @task
            def visit(self):
                with group("home"):
                    response = self.client.get("/a?x=1", name="/a")
                check(response, {"ok": lambda r: r.status_code == 200})
                note((self.vu.id, response.text, response.headers["X-Served"]))
        """
    )
    assert sorted(journal.what) == [(user, "/a?x=1", str(n)) for user in (1, 2) for n in (1, 2, 3)]
    assert run.store.aggregate("http_reqs", {"name": "/a", "group": "::home", "scenario": "Visitor"}).sum == 6
    assert run.store.aggregate("checks", {"check": "ok"}).passes == 6


def test_catch_response(run_live: Callable[..., Rehearsal], journal: Journal) -> None:
    """The block decides about the request; exceptions that steer the user say nothing about it."""
    run = run_live(
        """
        class Visitor(HttpUser):
            load = iterations(4)

            @task
            def visit(self):
                turn = self.vu.iteration
                with self.client.get("/404" if turn < 2 else "/", name=str(turn), catch_response=True) as response:
                    if turn == 0:
                        response.success()
                    elif turn == 2:
                        response.failure("too small")
                    elif turn == 3:
                        raise RescheduleTask
        """
    )
    failed = {name: run.store.aggregate("http_req_failed", {"name": name}).passes for name in "0123"}
    assert failed == {"0": 0, "1": 1, "2": 1, "3": 0}
    assert run.count("iterations") == 4


def test_expected_statuses_of_a_class(run_live: Callable[..., Rehearsal], journal: Journal) -> None:
    """http_options of a class are the defaults of its client."""
    run = run_live(
        """
        class Visitor(HttpUser):
            http_options = {"expected_statuses": [(200, 299), 404]}
            load = iterations(2)

            @task
            def visit(self):
                self.client.get("/404")
        """
    )
    assert run.store.aggregate("http_req_failed", {}).passes == 0


def test_request_event(run_live: Callable[..., Rehearsal], journal: Journal) -> None:
    """Listeners hear of each request of the client, with the result as it was counted."""
    run_live(
        """
        from journal import note

        @events.request.add_listener
        def on_request(
            request_type, name, response_time, response_length, exception, context, response, start_time, url
        ):
            note((request_type, name, response.status_code, str(exception) if exception else None, response_time > 0))

        class Visitor(HttpUser):
            load = iterations(1)

            @task
            def visit(self):
                self.client.get("/")
                self.client.post("/404", json={"a": 1}, name="missing")
        """
    )
    assert journal.what == [
        ("GET", "/", 200, None, True),
        ("POST", "missing", 404, "404 Not Found for missing", True),
    ]


def test_setup_with_a_client(run_live: Callable[..., Rehearsal], journal: Journal) -> None:
    """Setup and teardown may ask for a client; its requests are measured under their group."""
    run = run_live(
        """
        from journal import note

        @setup
        def login(client):
            return client.get("/token").text

        @teardown
        async def logout(client, data):
            note(client.get("/bye").text + data)

        class Visitor(HttpUser):
            load = iterations(1)

            @task
            def visit(self):
                self.client.get(self.data)
        """
    )
    assert journal.what == ["/bye/token"]
    assert run.store.aggregate("http_reqs", {"name": "/token", "group": "::setup"}).sum == 1


def test_async_tasks(run_live: Callable[..., Rehearsal], journal: Journal) -> None:
    """Async tasks, on_start and on_stop mix awaits with the blocking client, groups, checks and sleeps."""
    run = run_live(
        """
        import asyncio, time
        from journal import note

        class Visitor(HttpUser):
            load = iterations_per_user(2, users=3)

            async def on_start(self):
                await asyncio.sleep(0.001)
                self.token = self.client.get("/token").text

            @task
            async def visit(self):
                with group("page"):
                    async with asyncio.timeout(30):
                        await asyncio.sleep(0.001)
                        first = self.client.get("/first", name="first")
                        time.sleep(0.001)
                    async with asyncio.TaskGroup() as tasks:
                        parts = [tasks.create_task(self.part(n)) for n in range(3)]
                check(first, {"ok": first.ok and asyncio.current_task() is not None})
                note([first.text, *(part.result() for part in parts)])

            async def part(self, n):
                await asyncio.sleep(0)
                return self.client.get(f"/part/{n}", name="part").text

            async def on_stop(self):
                await asyncio.sleep(0)
                note("stop" + self.token)
        """
    )
    assert sorted(map(str, journal.what)) == sorted(
        [str(["/first", "/part/0", "/part/1", "/part/2"])] * 6 + ["stop/token"] * 3
    )
    assert run.store.aggregate("http_reqs", {"name": "part", "group": "::page"}).sum == 18
    assert run.store.aggregate("checks", {}).passes == 6


def test_errors_in_async_tasks(run_live: Callable[..., Rehearsal], journal: Journal) -> None:
    """Errors and steering exceptions of async tasks do what they do in plain ones."""
    run = run_live(
        """
        import asyncio
        from journal import note

        class Visitor(User):
            load = iterations(4)

            @task
            class Steps(SequentialTaskSet):
                @task
                async def fails(self):
                    await asyncio.sleep(0)
                    raise KeyError("async")

                @task
                async def cancels(self):
                    asyncio.current_task().cancel()
                    await asyncio.sleep(1)

                @task
                async def times_out(self):
                    async with asyncio.timeout(0.001):
                        sleep(50)

                @task
                async def leaves(self):
                    await asyncio.sleep(0)
                    self.interrupt()

            def on_stop(self):
                note(len(self.vu.script.stack))
        """
    )
    assert sorted(run.errors()) == [
        "KeyError: 'async'",
        "RuntimeError: the coroutine was cancelled from within",
        "TimeoutError",
    ]
    assert journal.what == [1]


def test_stop_of_async_users(run_live: Callable[..., Rehearsal], journal: Journal) -> None:
    """A user in an endless await is cancelled when its graceful stop is over; clean-up and on_stop run."""
    run_live(
        """
        import asyncio
        from journal import note

        class Visitor(User):
            load = users(2, 0.2, graceful_stop=0.1)

            @task
            async def visit(self):
                try:
                    await asyncio.sleep(600)
                finally:
                    await asyncio.sleep(0)
                    note("clean")

            def on_stop(self):
                note("stop")
        """
    )
    assert sorted(journal.what) == ["clean", "clean", "stop", "stop"]


def test_rendezvous(run_live: Callable[..., Rehearsal], journal: Journal) -> None:
    """Users meet with their connections open, and the result says how it went."""
    run = run_live(
        """
        from journal import note

        class Parent(HttpUser):
            load = iterations_per_user(1, users=4)

            @task
            def book(self):
                released = rendezvous("slot", users=2, timeout="20s")
                response = self.client.get("/book")
                note((released.complete, response.headers["X-Served"]))
        """
    )
    assert journal.what == [(True, "1")] * 4
    assert run.store.aggregate("http_req_connecting", {"name": "/book"}).max == 0
    assert run.store.aggregate("rendezvous_skew", {"rendezvous": "slot"}).count == 2


def test_rendezvous_times_out(run_live: Callable[..., Rehearsal], journal: Journal) -> None:
    """A user whom nobody meets goes on after the timeout, in async tasks too; bad numbers are errors."""
    run = run_live(
        """
        from journal import note

        class Parent(User):
            load = iterations(2)

            @task
            async def book(self):
                if self.vu.iteration:
                    rendezvous("slot", users=0)
                note(rendezvous("slot", users=2, timeout=0.01).complete)
        """
    )
    assert journal.what == [False]
    assert [text for text in run.errors() if "`users` must be a whole number" in text]


def test_connections_are_closed(run_live: Callable[..., Rehearsal], journal: Journal) -> None:
    """A user that ends closes its connections, also when its on_start failed; so do setup's clients."""
    run = run_live(
        """
        @setup
        def prepare(client):
            client.get("/")

        class Visitor(HttpUser):
            load = iterations_per_user(1, users=2)

            @task
            def visit(self):
                self.client.get("/")

        class Broken(HttpUser):
            load = iterations(1)

            def on_start(self):
                self.client.get("/")
                raise ValueError

            @task
            def visit(self): ...

        class Quitter(HttpUser):
            load = iterations(1)

            def on_start(self):
                self.client.get("/")
                raise StopUser

            @task
            def visit(self): ...
        """
    )
    assert run.store.aggregate("http_reqs", {}).sum == 5
    assert run.left_open == 0
