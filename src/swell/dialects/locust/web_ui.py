"""`environment.web_ui`: what a test may add to the page of `swell locust` (the module `locust.web` offers it too).

Rules: routes of a test are a Flask application, as in Locust, made when the test first asks for it; Flask is the test's
dependency, not ours. The application runs where the test runs, and is called with requests that the page hands on
(`call_app`): nothing here listens on a port. The page itself is Swell's, so arguments for Locust's own templates are
kept but change nothing.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from swell.dialects.locust.env import Environment

__all__ = ["WebAnswer", "WebRequest", "WebUI", "answer", "call_app", "last_answers"]

View = TypeVar("View", bound="Callable[..., Any]")

_KEPT = 200
_OWN = str(Path(__file__).parent)
# What `render_template("index.html")` gives: Locust's page is not here, ours is one address away.
_TEMPLATES = dict.fromkeys(
    ("index.html", "auth.html", "report.html"),
    '<!doctype html><meta http-equiv="refresh" content="0; url={{ request.script_root }}/">'
    '<p><a href="{{ request.script_root }}/">The page of this test</a></p>',
)


class WebRequest(msgspec.Struct):
    """A request to the page, as plain data. `root` is the path under which the page is."""

    method: str
    path: str
    query: str = ""
    headers: list[tuple[str, str]] = []
    body: bytes = b""
    root: str = ""
    scheme: str = "http"
    client: str = "127.0.0.1"


class WebAnswer(msgspec.Struct):
    """The answer to it."""

    status: int
    headers: list[tuple[str, str]] = []
    body: bytes = b""


class WebUI:
    """What a listener of `init` gets as `environment.web_ui` when the test has a page.

    `template_args` and `auth_args` are kept for the test's own templates. `app` raises ImportError without Flask.
    """

    def __init__(self, environment: Environment, *_: Any, **__: Any) -> None:
        self.environment = environment
        self.template_args: dict[str, Any] = {}
        self.auth_args: dict[str, Any] = {}
        self.web_login = False
        self.userclass_picker_is_active = False
        self.greenlet = None
        self.server = None
        self._app: Any = None
        # What was asked with GET in this run: it is answered once more when the run has ended, for those who ask later.
        self.served: dict[tuple[str, str], WebRequest] = {}

    @property
    def app(self) -> Any:
        """The Flask application of the test's routes."""
        if self._app is None:
            self._app = _make_app(inspect.currentframe())
        return self._app

    @property
    def has_app(self) -> bool:
        """Whether the test has asked for the application."""
        return self._app is not None

    @property
    def login_manager(self) -> Any:
        """There is none: who may see the page is a matter of its token."""
        raise AttributeError(
            "web_ui.login_manager is for --web-login, which Swell does not have: a page asks for a token instead "
            "(SWELL_WEB_TOKEN), also before the routes of a test"
        )

    def auth_required_if_enabled(self, view_func: View) -> View:
        """The view as it is: whoever reaches a route has passed the page's own guard."""
        return view_func

    def update_template_args(self) -> None:
        """As in Locust: what its templates show first."""
        environment = self.environment
        runner = environment.runner
        self.template_args |= {
            "host": environment.host or "",
            "users": sorted(cls.__name__ for cls in environment.user_classes),
            "state": getattr(runner, "state", "ready"),
            "user_count": getattr(runner, "user_count", 0),
            "is_distributed": False,
        }

    def start(self) -> None:
        """Nothing to do: the page runs already."""

    def stop(self) -> None:
        """Nothing to do: the page ends with the command."""


def call_app(app: Any, request: WebRequest) -> WebAnswer:
    """The answer of a WSGI application; an error in it is an answer with status 500."""
    begun: list[tuple[int, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        del exc_info
        begun.append((int(status.partition(" ")[0]), headers))
        return body.write

    body = io.BytesIO()
    parts = app(_environ(request), start_response)
    try:
        for part in parts:
            body.write(part)
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()
    if not begun:
        return WebAnswer(500, [("Content-Type", "text/plain")], b"the application gave no answer\n")
    status, headers = begun[-1]
    return WebAnswer(status, [(str(name), str(value)) for name, value in headers], body.getvalue())


def answer(web_ui: WebUI | None, request: WebRequest) -> WebAnswer:
    """The answer of a test; 404 for one that has no routes."""
    if web_ui is None or not web_ui.has_app:
        return WebAnswer(404, [("Content-Type", "text/plain")], b"the test has no such route\n")
    if request.method == "GET" and len(web_ui.served) < _KEPT:
        web_ui.served[request.path, request.query] = request
    return call_app(web_ui.app, request)


def last_answers(web_ui: WebUI | None) -> dict[tuple[str, str], WebAnswer]:
    """What the routes that were asked for say now, by path and query; those that fail are left out."""
    found: dict[tuple[str, str], WebAnswer] = {}
    for place, request in (web_ui.served if web_ui is not None else {}).items():
        assert web_ui is not None
        with contextlib.suppress(Exception):
            found[place] = call_app(web_ui.app, request)
    return found


def _environ(request: WebRequest) -> dict[str, Any]:
    host = next((value for name, value in request.headers if name.lower() == "host"), "localhost")
    name, _, port = host.rpartition(":") if ":" in host else (host, "", "")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": request.root,
        "PATH_INFO": request.path.encode().decode("latin-1"),
        "QUERY_STRING": request.query,
        "SERVER_NAME": name or "localhost",
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.client,
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for key, value in request.headers:
        if key.lower() == "content-type":
            environ["CONTENT_TYPE"] = value
        elif key.lower() != "content-length":
            field = "HTTP_" + key.upper().replace("-", "_")
            environ[field] = f"{environ[field]},{value}" if field in environ else value
    return environ


def _make_app(asking: FrameType | None) -> Any:
    try:
        flask: Any = importlib.import_module("flask")
        jinja2: Any = importlib.import_module("jinja2")
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{_place(asking)}: environment.web_ui.app is a Flask application, and {error.name} is not installed here: "
            "pip install flask"
        ) from None
    app = flask.Flask(__name__)
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_loader = jinja2.ChoiceLoader([app.jinja_loader, jinja2.DictLoader(_TEMPLATES)])
    return app


def _place(frame: FrameType | None) -> str:
    """File and line of the test's own code."""
    while frame is not None and frame.f_code.co_filename.startswith(_OWN):
        frame = frame.f_back
    return "?" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
