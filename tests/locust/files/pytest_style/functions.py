# args: -u 3 -r 3 -t 6s
import pytest


@pytest.fixture
def own(user=None):
    from locust.clients import HttpSession

    yield HttpSession(base_url=user.host, request_event=user.environment.events.request, user=user)
    print("torn down")


def test_plain(session):
    session.get("/ok").raise_for_status()
    session.get("/missing", name="missing").raise_for_status()
    session.get("/ok", name="never reached")


def test_own_fixture(own):
    with own.get("/ok", name="blamed", catch_response=True) as response:
        response.failure("blamed")


class TestGroup:
    def test_fast(self, fastsession):
        fastsession.get("/ok", name="fast")
        fastsession.get("/missing", name="fast missing").raise_for_status()
        fastsession.get("/ok", name="fast never reached")


def helper(unknown):
    """No test."""
