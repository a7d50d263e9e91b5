"""`artillery quick URL`: a test without a script.

Rules: count VUs within one second, each with num requests, as in Artillery 2; duration, rate and payload as in
Artillery 1. Made as a script, so that everything else is the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from swell.dialects.artillery.documents import Document
from swell.dialects.artillery.loading import QUIET_PLUGINS, Loaded, new_test_id, phases_of
from swell.dialects.artillery.mistakes import ScriptError
from swell.dialects.artillery.settings import ArtilleryTest

if TYPE_CHECKING:
    from swell.dialects.artillery.flags import Parsed

__all__ = ["quick_test"]


def quick_test(parsed: Parsed) -> Loaded:
    """The test of a command line. Raises ScriptError."""
    if len(parsed.files) != 1:
        raise ScriptError("name one URL: swell artillery quick URL")
    url = parsed.files[0]
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https", "ws", "wss"} or not parts.netloc:
        raise ScriptError(f"{url} is no URL that starts with http://, https://, ws:// or wss://")
    config: dict[str, Any] = {
        "target": f"{parts.scheme}://{parts.netloc}",
        "phases": [_phase(parsed)],
        "plugins": dict(QUIET_PLUGINS),
    }
    if parsed.has("insecure"):
        config["tls"] = {"rejectUnauthorized": False}
    over_ws = parts.scheme.startswith("ws")
    if over_ws:
        config["target"] = url
    step: dict[str, Any]
    if over_ws:
        step = {"send": parsed.one("payload", "hello from Swell!")}
    elif parsed.has("payload"):
        headers = {"content-type": parsed.one("content-type", "text/plain")}
        step = {"post": {"url": url, "body": parsed.one("payload"), "headers": headers}}
    else:
        step = {"get": {"url": url}}
    num = parsed.number("num", 10 if not parsed.has("rate") else 1)
    flow = [{"loop": [step], "count": num} if num > 1 else step]
    scenario: dict[str, Any] = {"flow": flow} | ({"engine": "ws"} if over_ws else {})
    place = str(Path.cwd() / "quick.yml")
    test = ArtilleryTest(script=place, config_file=place, test_id=new_test_id(), config=config, scenarios=[scenario])
    document = Document({"config": config, "scenarios": [scenario]}, {}, "quick")
    return Loaded(test, phases_of(config, [document]), [], [document], {})


def _phase(parsed: Parsed) -> dict[str, Any]:
    if parsed.has("rate") or parsed.has("duration"):
        duration = parsed.number("duration", 1)
        if parsed.has("rate"):
            return {"duration": duration, "arrivalRate": parsed.number("rate", 1)}
        return {"duration": duration, "arrivalCount": parsed.number("count", 10)}
    return {"duration": 1, "arrivalCount": parsed.number("count", 10)}
