"""From files and options to one test: the order of Artillery, templates of the config, mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.artillery.config_templates import filled
from swell.dialects.artillery.dotenv import parse_dotenv
from swell.dialects.artillery.loading import Given, load
from swell.dialects.artillery.merging import merged
from swell.dialects.artillery.mistakes import ScriptError

if TYPE_CHECKING:
    from pathlib import Path

_SCRIPT = """
config:
  target: http://one
  variables: {a: 1, list: [1, 2, 3]}
  phases:
    - {duration: 10, arrivalRate: 1}
    - {duration: 20, arrivalRate: 2}
  environments:
    stage:
      target: http://stage
      variables: {b: 2}
scenarios:
  - name: A
    flow: [{get: {url: /}}]
  - name: AB
    flow: [{get: {url: /}}]
"""


def _given(tmp_path: Path, text: str = _SCRIPT, **more: Any) -> Given:
    path = tmp_path / "test.yml"
    path.write_text(text)
    return Given(scripts=[str(path)], **more)


def test_order_of_sources(tmp_path: Path) -> None:
    """Environment over script, target over both, overrides and variables last; lists of overrides replace."""
    loaded = load(
        _given(
            tmp_path,
            environment="stage",
            overrides='{"config": {"phases": [{"duration": 1, "arrivalRate": 5}], "variables": {"a": 9}}}',
            variables='{"c": "x"}',
        )
    )
    config = loaded.test.config
    assert config["target"] == "http://stage"
    assert config["variables"] == {"a": 9, "list": [1, 2, 3], "b": 2, "c": "x"}
    assert [phase.arrival_rate for phase in loaded.phases] == [5]
    assert load(_given(tmp_path, environment="stage", target="http://cli")).test.config["target"] == "http://cli"


def test_config_file_is_merged_over_the_script(tmp_path: Path) -> None:
    """--config wins over the script; lists merge by position, as lodash merges."""
    config = tmp_path / "config.yml"
    config.write_text("config:\n  target: http://two\n  phases:\n    - {duration: 30}\n")
    loaded = load(_given(tmp_path, config=str(config)))
    assert loaded.test.config["target"] == "http://two"
    assert [(phase.duration, phase.arrival_rate) for phase in loaded.phases] == [(30, 1), (20, 2)]


def test_unknown_environment_is_a_warning(tmp_path: Path) -> None:
    """An environment that is not there is told, and the test runs."""
    loaded = load(_given(tmp_path, environment="prod"))
    assert loaded.test.config["target"] == "http://one"
    assert "prod" in loaded.warnings[0]
    assert "stage" in loaded.warnings[0]


def test_templates_of_the_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment variables work in every key, numbers included; what VUs make is left for them."""
    monkeypatch.setenv("RATE", "7")
    text = _SCRIPT.replace("arrivalRate: 1", 'arrivalRate: "{{ $env.RATE }}"').replace(
        "  variables: {a: 1,",
        '  defaults: {headers: {auth: "Bearer {{ token }}"}}\n  variables: {a: "{{ $processEnvironment.RATE }}",',
    )
    loaded = load(_given(tmp_path, text))
    assert loaded.phases[0].arrival_rate == 7
    assert loaded.test.config["variables"]["a"] == "7"
    assert loaded.test.config["defaults"]["headers"]["auth"] == "Bearer {{ token }}"


def test_dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of --dotenv are there for templates and workers, but not over those of the process."""
    monkeypatch.setenv("HAVE", "process")
    (tmp_path / ".env").write_text("HAVE=file\nGOT='from file'\nexport N=3 # three\n")
    text = _SCRIPT.replace("http://one", "http://{{ $env.GOT }}-{{ $env.HAVE }}")
    loaded = load(_given(tmp_path, text, dotenv=str(tmp_path / ".env")))
    assert loaded.test.config["target"] == "http://from file-process"
    assert loaded.env == {"GOT": "from file", "N": "3"}
    assert load(_given(tmp_path, dotenv="missing.env")).warnings == ["could not read dotenv file: missing.env"]


def test_scenario_name(tmp_path: Path) -> None:
    """--scenario-name takes the exact name first, then a pattern that fits exactly one."""
    assert load(_given(tmp_path, scenario_name="A")).test.only == 0
    assert load(_given(tmp_path, scenario_name="B$")).test.only == 1
    for name in ("C", "^A"):
        with pytest.raises(ScriptError):
            load(_given(tmp_path, scenario_name=name))


def test_paths_of_payload_and_processor(tmp_path: Path) -> None:
    """Payloads are looked for beside the first script, processors beside the config file."""
    (tmp_path / "conf").mkdir()
    config = tmp_path / "conf" / "c.yml"
    config.write_text("config: {processor: ../conf/p.js, payload: {path: users.csv, fields: [a]}}\n")
    loaded = load(_given(tmp_path, config=str(config)))
    assert loaded.test.config["processor"] == str(tmp_path / "conf" / "p.js")
    assert loaded.test.config["payload"] == [{"path": str(tmp_path / "users.csv"), "fields": ["a"]}]


def test_solo_and_no_phases(tmp_path: Path) -> None:
    """One VU with --solo, and where a script has no phases."""
    for loaded in (
        load(_given(tmp_path, solo=True)),
        load(_given(tmp_path, "config: {target: http://a}\nscenarios: [{flow: [{get: {url: /}}]}]\n")),
    ):
        assert [(phase.duration, phase.arrival_count) for phase in loaded.phases] == [(1, 1)]


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("config: {phases: [{duration: 1, arrivalRate: 1}]}\nscenarios: [{flow: []}]\n", "1", "no target"),
        ("config: {target: http://a}\n", "", "scenarios"),
        ("config: {target: http://a}\nscenarios:\n  - name: x\n", "3", "no flow"),
        (
            "config:\n  target: http://a\n  phases:\n    - {duration: x, arrivalRate: 1}\nscenarios: [{flow: []}]\n",
            "4",
            "duration",
        ),
        ("- 1\n", "1", "no Artillery script"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, place: str, said: str) -> None:
    """Wrong scripts are told with file and line."""
    with pytest.raises(ScriptError, match=said) as caught:
        load(_given(tmp_path, text))
    if place:
        assert f"test.yml:{place}: " in str(caught.value)


@pytest.mark.parametrize("option", ["overrides", "variables"])
def test_options_that_are_no_json(tmp_path: Path, option: str) -> None:
    """JSON on the command line that is none is told."""
    with pytest.raises(ScriptError, match=f"--{option}"):
        load(_given(tmp_path, **{option: "{no"}))


def test_merging_changes_nothing() -> None:
    """What is merged into stays what it was."""
    base = {"a": {"b": [1, 2]}}
    assert merged(base, {"a": {"b": [9], "c": 1}}) == {"a": {"b": [9, 2], "c": 1}}
    assert merged(base, {"a": {"b": [9]}}, replace_lists=True) == {"a": {"b": [9]}}
    assert base == {"a": {"b": [1, 2]}}


def test_filled() -> None:
    """A lone template keeps its type, one in a text becomes text; functions are called once."""
    variables = {"n": 5, "deep": {"list": [1, {"x": "y"}]}}
    assert filled("{{ n }}", variables) == 5
    assert filled("a{{n}}b", variables) == "a5b"
    assert filled("{{ deep.list[1].x }}", variables) == "y"
    assert filled("{{ deep.none }}", variables) is None
    assert filled("x{{ deep.none }}", variables) == "xundefined"
    assert filled("{{ later }}", variables) == "{{ later }}"
    assert filled({"a": "{{ deep.none }}", "b": ["{{ deep.none }}"]}, variables) == {"b": [None]}
    assert len(filled("{{ $randomString(12) }}", variables)) == 12
    assert 3 <= int(filled("{{ $randomNumber(3, 4) }}", variables)) <= 4


def test_parse_dotenv() -> None:
    """Comments, quotes, export and escapes of lines."""
    text = "# c\nA=1\nexport B = two words # c\nC='x # y'\nD=\"a\\nb\"\nE=\n"
    assert parse_dotenv(text) == {"A": "1", "B": "two words", "C": "x # y", "D": "a\nb", "E": ""}


def test_environments_beside_the_config(tmp_path: Path) -> None:
    """Environments at the top of the file, as many people write them, are used with a warning."""
    text = "config: {target: http://a}\nenvironments: {x: {target: http://x}}\nscenarios: [{flow: [{get: {url: /}}]}]\n"
    loaded = load(_given(tmp_path, text, environment="x"))
    assert loaded.test.config["target"] == "http://x"
    assert "move them into it" in loaded.warnings[0]


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ("{engine: playwright, testFunction: f}", "needs the engine 'playwright'"),
        ("{requests: [{get: {url: /}}]}", "rename requests to flow"),
    ],
)
def test_scenarios_that_cannot_run(tmp_path: Path, scenario: str, said: str) -> None:
    """Other engines and other names for the flow are told as such."""
    with pytest.raises(ScriptError, match=said):
        load(_given(tmp_path, f"config: {{target: http://a}}\nscenarios: [{scenario}]\n"))


def test_templated_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A weight may be a variable of the config or of the environment."""
    monkeypatch.setenv("HEAVY", "7")
    text = _SCRIPT.replace("name: A\n", 'name: A\n    weight: "{{ $env.HEAVY }}"\n')
    loaded = load(_given(tmp_path, text))
    assert [scenario.get("weight") for scenario in loaded.test.scenarios] == ["7", None]


def test_an_empty_target_is_told(tmp_path: Path) -> None:
    """A target made of a variable that is not set is no mistake in Artillery, but worth a word."""
    loaded = load(_given(tmp_path, _SCRIPT.replace("http://one", '"{{ $env.NOT_SET_ANYWHERE }}"')))
    assert "config.target is empty" in loaded.warnings[0]
