"""What all targets of the examples have in common: how they start, seed and end, and what they say of wrong use."""

from __future__ import annotations

import signal

import pytest

from tests.examples.conftest import MueJam, TutorMax, YwMessaging, run_command, run_target

STORY = {"title": "A new moon", "blurb": "About a moon.", "body": "It rose.", "genre": "poetry"}
SESSION = {"tutor_id": 7, "student_id": 8, "subject": "physics", "starts_at": "2031-05-06T10:00:00Z", "minutes": 45}

each = pytest.mark.parametrize("kind", [MueJam, TutorMax, YwMessaging])


def _make(target):
    """Make one row; its id."""
    if isinstance(target, MueJam):
        return target.user("writer").send("POST", "/v1/writer/stories", STORY)[2]["id"]
    if isinstance(target, YwMessaging):
        return target.registered(churchId="church-7").get("/auth/me")["user"]["id"]
    return target.caller().send("POST", "/api/sessions", SESSION)[2]["id"]


@each
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it(kind, tmp_path, sent):
    """A signal is a clean end and takes the embedded database along."""
    with run_target(kind, tmp_path) as target:
        assert list(tmp_path.glob(f"{kind.folder.name}-*"))
        target.service.process.send_signal(sent)
        assert target.service.process.wait(30) == 0
        assert not list(tmp_path.glob(f"{kind.folder.name}-*"))


@each
def test_ends_with_its_parent(kind, tmp_path):
    """With --exit-with-parent it goes when the pipe to its parent closes."""
    with run_target(kind, tmp_path, "--exit-with-parent") as target:
        target.service.process.stdin.close()
        assert target.service.process.wait(30) == 0


@pytest.mark.parametrize(
    ("kind", "tokens", "rows"), [(MueJam, ["500"], 2_000), (TutorMax, ["20000"], 30_000), (YwMessaging, [], 0)]
)
def test_seed_command(kind, tokens, rows, tmp_path):
    """Seeding fills a database for good and writes tokens, if there are any; serving leaves what is there."""
    env = {"DATABASE_URL": f"sqlite:///{tmp_path / 'kept.sqlite3'}"}
    place = ["--tokens", str(tmp_path / kind.tokens_name)] if tokens else []
    done = run_command(kind.folder, "seed", *place, **env)
    assert (done.returncode, done.stdout.split()[:1]) == (0, tokens)
    for more in (1, 2):
        with run_target(kind, tmp_path, env=env) as target:
            assert _make(target) == rows + more


@each
@pytest.mark.parametrize(
    ("arguments", "environment", "reason"),
    [
        (["seed"], {}, "DATABASE_URL is not set"),
        (["seed"], {"DATABASE_URL": "mysql://x"}, "postgresql://"),
        (["serve"], {"DATABASE_URL": "mysql://x"}, "postgresql://"),
        (["serve"], {"DATABASE_URL": "sqlite:////no/such/folder/x"}, "unable to open"),
        (["serve"], {"REDIS_URL": "http://x"}, "redis://"),
        (["serve", "--fault", "meteor"], {}, "n-plus-one"),
        (["serve", "--host", "192.0.2.1"], {}, "cannot listen"),
        (["serve", "--port", "70000"], {}, "cannot listen"),
    ],
)
def test_wrong_use_is_explained(kind, arguments, environment, reason):
    """A wrong command, or a service that is not there, ends with a reason and without a traceback."""
    done = run_command(kind.folder, *arguments, **environment)
    assert done.returncode == 2
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("kind", "probe", "page"),
    [
        (MueJam, "/health/ready", "/v1/public/stories"),
        (TutorMax, "/health", "/api/dashboard/metrics"),
        (YwMessaging, "/api/health", "/analytics/summary"),
    ],
)
def test_probe_fails_without_redis(kind, probe, page, tmp_path, redis_url):
    """When Redis is not reached the service answers on, and says that it is not ready."""
    closed = redis_url.rpartition(":")[0] + ":1/0"
    with run_target(kind, tmp_path, env={"REDIS_URL": closed}) as target:
        caller = target.registered() if isinstance(target, YwMessaging) else target.caller()
        status, _, body = caller.send("GET", probe)
        assert (status, body["cache"]) == (503, {"kind": "redis", "up": False})
        assert caller.send("GET", page)[0] == 200


EXAMPLES = MueJam.folder.parent


@pytest.mark.parametrize(
    ("name", "port"),
    [("aicalling", 3000), ("muejam", 8000), ("musicnme", 5000), ("tutormax", 8000), ("ywmessaging", 3000)],
)
def test_it_listens_where_its_page_says(name, port):
    """The default port is that of the README's commands, which name no other."""
    done = run_command(EXAMPLES / name, "serve", "--help")
    assert done.returncode == 0
    assert f"default: {port};" in " ".join(done.stdout.split())
    page = (EXAMPLES / name / "README.md").read_text()
    for line in page.splitlines():
        if "serve.py" in line and "port " in line.partition("#")[2]:
            assert f"port {port}" in line
