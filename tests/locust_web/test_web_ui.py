"""`environment.web_ui` without a page: the Flask application of a test, called with plain requests."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from swell.dialects.locust.env import Environment
from swell.dialects.locust.web_ui import WebRequest, WebUI, answer, last_answers

pytest.importorskip("flask")


def make() -> WebUI:
    import flask

    web_ui = WebUI(Environment())
    visits: list[str] = []

    @web_ui.app.route("/visits", methods=["GET", "POST"])
    @web_ui.auth_required_if_enabled
    def visit() -> flask.Response:
        visits.append(flask.request.remote_addr or "")
        return flask.jsonify(visits=visits, form=dict(flask.request.form), args=dict(flask.request.args))

    @web_ui.app.route("/text/<word>")
    def text(word: str) -> str:
        return flask.render_template_string("{{ word|loud }}", word=word)

    @web_ui.app.template_filter("loud")
    def loud(word: str) -> str:
        return word.upper()

    @web_ui.app.route("/own-page")
    def page() -> str:
        return flask.render_template("index.html", **web_ui.template_args)

    @web_ui.app.route("/broken")
    def broken() -> str:
        raise ValueError("broken")

    blueprint = flask.Blueprint("more", "more", url_prefix="/more")
    blueprint.add_url_rule("/here", "here", lambda: ("there", 418, {"X-Own": "1"}))
    web_ui.app.register_blueprint(blueprint)
    return web_ui


def test_a_route_sees_the_request() -> None:
    """Query, form, headers and address reach a view; two requests share the test's state."""
    web_ui = make()
    first = answer(web_ui, WebRequest("GET", "/visits", "a=1&b=%C3%A4", [("Host", "localhost:1")], client="127.0.0.7"))
    assert first.status == 200
    assert json.loads(first.body) == {"args": {"a": "1", "b": "ä"}, "form": {}, "visits": ["127.0.0.7"]}
    form = [("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", "3")]
    second = answer(web_ui, WebRequest("POST", "/visits", headers=form, body=b"x=y"))
    assert json.loads(second.body) == {"args": {}, "form": {"x": "y"}, "visits": ["127.0.0.7", "127.0.0.1"]}


def test_blueprints_filters_templates_and_errors() -> None:
    """Blueprints, template filters and Locust's own template names work; an error is status 500."""
    web_ui = make()
    more = answer(web_ui, WebRequest("GET", "/more/here"))
    assert (more.status, more.body, ("X-Own", "1") in more.headers) == (418, b"there", True)
    assert answer(web_ui, WebRequest("GET", "/text/word")).body == b"WORD"
    own = answer(web_ui, WebRequest("GET", "/own-page", root="/base"))
    assert (own.status, b"url=/base/" in own.body) == (200, True)
    assert answer(web_ui, WebRequest("GET", "/broken")).status == 500
    assert answer(web_ui, WebRequest("GET", "/nowhere")).status == 404


def test_what_is_kept_for_later() -> None:
    """What was asked with GET is answered once more at the end, with the state of the end."""
    web_ui = make()
    answer(web_ui, WebRequest("GET", "/visits", "q=1"))
    answer(web_ui, WebRequest("POST", "/visits"))
    kept = last_answers(web_ui)
    assert list(kept) == [("/visits", "q=1")]
    assert kept["/visits", "q=1"].body.count(b"127.0.0.1") == 3
    assert last_answers(None) == {}


def test_a_test_without_routes() -> None:
    """Nothing was added: every address is unknown, and Flask is not even loaded for it."""
    assert answer(WebUI(Environment()), WebRequest("GET", "/x")).status == 404
    assert answer(None, WebRequest("GET", "/x")).status == 404


def test_without_flask(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says where the test asks for Flask, and how to install it."""
    monkeypatch.setitem(sys.modules, "flask", None)
    web_ui = WebUI(Environment())
    line = test_without_flask.__code__.co_firstlineno + 6
    with pytest.raises(ImportError, match="pip install flask") as caught:
        assert web_ui.app
    assert str(caught.value).startswith(f"{Path(__file__)}:{line}: environment.web_ui.app is a Flask application")


def test_no_login_manager() -> None:
    """As in Locust without --web-login: asking for the login manager is an AttributeError."""
    with pytest.raises(AttributeError, match="--web-login"):
        assert WebUI(Environment()).login_manager
