"""The texts that `swell init` writes: a swell.toml and a GitHub Actions workflow for the tests it found.

Rules: pure, but for asking how Swell itself was installed. What stands there works as it is or says in a comment what
to change; the swell.toml is decoded before it is written.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from swell import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.cli.init_find import Found

__all__ = ["requirement", "suite_text", "workflow_text"]

_GUESS = "http://127.0.0.1:8000"


def suite_text(project: str, found: Sequence[Found]) -> str:
    """A swell.toml for these tests."""
    urls = [each.url for each in found if each.url]
    url = Counter(urls).most_common(1)[0][0] if urls else _GUESS
    variables = dict.fromkeys(name for each in found for name in each.variables)
    env = ", ".join(f'{name} = "{{url}}"' for name in variables)
    lines = [
        "# The load tests of this project: swell suite",
        "# Every key is described in Swell's manual, on the page Suites.",
        "",
        "[project]",
        f"name = {_text(project)}",
        "",
        "# Where the tests run: `swell suite --env NAME`. The first is the default.",
        "[targets.local]",
        f"url = {_text(url)}" + ("" if urls else "  # change this to your target's"),
        *([f"env = {{ {env} }}"] if env else []),
        '# start = ["{python}", "serve.py"]  # starts the target, which is ended with the suite',
        "",
        "# [targets.staging]",
        '# url = "https://staging.example.org"',
        "",
        "# For every test that does not say otherwise.",
        "[defaults]",
        'thresholds = ["http_req_failed: rate < 1%"]',
    ]
    for name, each in _names(found):
        lines += [
            "",
            f"# {'An' if each.kind.startswith('A') else 'A'} {each.kind}.",
            f"[tests.{name}]",
            f"file = {_text(each.path)}",
            *_load(each),
        ]
    lines += ["", "[outputs]", 'folder = "load-results"', "html = true", ""]
    return "\n".join(lines)


def _load(each: Found) -> list[str]:
    """A load for tests that have none of their own, or a hint for those that may."""
    if each.kind in {"locustfile", "Swell test"}:
        return ["users = 5", 'duration = "30s"']
    return ["# Its load is its own; time_scale = 0.1 makes it shorter."]


def _names(found: Sequence[Found]) -> list[tuple[str, Found]]:
    """A name for each: that of its file, with its folder's before it where two would be the same."""
    stems = Counter(_stem(each) for each in found)
    taken: dict[str, int] = {}
    named: list[tuple[str, Found]] = []
    for each in found:
        folder = _clean("-".join(PurePosixPath(each.path).parts[:-1]))
        name = f"{folder}-{_stem(each)}" if stems[_stem(each)] > 1 and folder else _stem(each)
        taken[name] = taken.get(name, 0) + 1
        named.append((name if taken[name] == 1 else f"{name}-{taken[name]}", each))
    return named


def _stem(each: Found) -> str:
    # loadtest.k6.js is loadtest
    return _clean(PurePosixPath(each.path).name.partition(".")[0]) or "test"


def _clean(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-_")


def _text(value: str) -> str:
    """As a TOML string; JSON's are."""
    return json.dumps(value)


def requirement() -> str:
    """What `pip install` takes to get this Swell; empty if it was installed from a folder of this machine."""
    try:
        said = importlib.metadata.distribution("swell").read_text("direct_url.json")
        source: dict[str, Any] = json.loads(said) if said else {}
    except (importlib.metadata.PackageNotFoundError, json.JSONDecodeError):
        return ""
    if not source:
        return f"swell=={__version__}"
    url = str(source.get("url", ""))
    if "vcs_info" in source:
        return f"git+{url}@{source['vcs_info'].get('commit_id', '')}".rstrip("@")
    return "" if url.startswith("file:") else url


def workflow_text(folder: str, install: str) -> str:
    """A workflow for GitHub Actions. `folder`: that of swell.toml in the repository, "" for its root."""
    where = ["    defaults:", "      run:", f"        working-directory: {_text(folder)}"] if folder else []
    results = f"{folder}/load-results" if folder else "load-results"
    wanted = f"'{install}'" if install else "path/to/swell  # change this to where your Swell comes from"
    return "\n".join(
        [
            "name: Load tests",
            "on:",
            "  workflow_dispatch:",
            "    inputs:",
            "      env:",
            "        description: Target of swell.toml; empty for the default",
            "        default: ''",
            "      profile:",
            "        description: Load profile, such as smoke; empty for each test's own load",
            "        default: ''",
            "  # schedule:",
            "  #   - cron: '0 3 * * *'",
            "permissions:",
            "  contents: read",
            "jobs:",
            "  load:",
            "    runs-on: ubuntu-latest",
            "    timeout-minutes: 60",
            *where,
            "    steps:",
            "      - uses: actions/checkout@v4",
            "      - uses: actions/setup-python@v5",
            "        with:",
            "          python-version: '3.13'",
            f"      - run: pip install {wanted}",
            "      - run: >-",
            '          swell suite ${TARGET:+--env="$TARGET"} ${PROFILE:+--profile="$PROFILE"}',
            "          --junit load-results/junit.xml",
            "        env:",
            "          TARGET: ${{ inputs.env }}",
            "          PROFILE: ${{ inputs.profile }}",
            "      - uses: actions/upload-artifact@v4",
            "        if: always()",
            "        with:",
            "          name: load-results",
            f"          path: {_text(results)}",
            "",
        ]
    )
