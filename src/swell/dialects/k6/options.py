"""k6's options: the table of all there are, and how five sources become one set.

Rules: pure. From low to high: defaults, config file, script, environment (`K6_*`), flags. What shapes the load
(duration, iterations, stages, scenarios) is one unit: a source that sets one of them erases those of lower sources. The
result stands as k6's JSON has it: durations are texts, numbers numbers; what is not set is absent. Unknown options of a
script cost a warning, wrong values are an `OptionError`.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from swell.dialects.k6.option_network import (
    address_ranges,
    ciphers,
    dns,
    host_map,
    host_patterns,
    local_ips,
    tls_auth,
    tls_version,
)
from swell.dialects.k6.option_values import (
    OptionError,
    boolean,
    decimal,
    duration,
    integer,
    mapping,
    stages,
    text,
    text_map,
    texts,
    time_unit,
    trend_stats,
    truth,
)

__all__ = [
    "LOAD",
    "OPTIONS",
    "SYSTEM_TAGS",
    "Option",
    "Tier",
    "consolidate",
    "decode",
    "from_environment",
    "system_tag_warnings",
]

Parser = Callable[[str, Any], Any]

LOAD = ("duration", "iterations", "stages", "scenarios")
"""The options that shape the load together."""

SYSTEM_TAGS = (
    *("check", "error", "error_code", "expected_response", "group", "method", "name", "proto", "scenario"),
    *("service", "status", "subproto", "tls_version", "url"),
)
"""The system tags that k6 enables by default."""

_ON_REQUEST = ("ip", "ocsp_status")
_NOT_RECORDED = ("iter", "vu")


class Option(NamedTuple):
    """One option: how its value is read, and the environment variable that sets it ("" for none)."""

    parse: Parser
    env: str = ""


def _anything(name: str, value: Any) -> Any:
    del name
    return value


def _scenarios(name: str, value: Any) -> dict[str, Any] | None:
    return None if value is None else dict(mapping(name, value))


def _thresholds(name: str, value: Any) -> dict[str, list[Any]] | None:
    """Metric -> its criteria: texts, or {threshold, abortOnFail, delayAbortEval}."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise OptionError(name, 'is JSON such as {"http_req_duration": ["p(95)<500"]}') from None
    found: dict[str, list[Any]] = {}
    for metric, criteria in mapping(name, value):
        listed: list[Any] = criteria if isinstance(criteria, list) else [criteria]  # pyright: ignore[reportUnknownVariableType]
        found[metric] = [_criterion(f"{name}[{metric!r}]", each) for each in listed]
    return found


def _criterion(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return value
    fields = dict(mapping(name, value))
    if unknown := set(fields) - {"threshold", "abortOnFail", "delayAbortEval"}:
        raise OptionError(name, f"a threshold has no field {sorted(unknown)[0]!r}")
    expression = text(name, fields.get("threshold"))
    if not expression:
        raise OptionError(name, "a threshold needs its field `threshold`")
    return {
        "threshold": expression,
        "abortOnFail": boolean(f"{name}.abortOnFail", fields.get("abortOnFail")) or False,
        "delayAbortEval": duration(f"{name}.delayAbortEval", fields.get("delayAbortEval")),
    }


OPTIONS: Mapping[str, Option] = {
    "paused": Option(boolean, "K6_PAUSED"),
    "vus": Option(integer, "K6_VUS"),
    "duration": Option(duration, "K6_DURATION"),
    "iterations": Option(integer, "K6_ITERATIONS"),
    "stages": Option(stages, "K6_STAGES"),
    "scenarios": Option(_scenarios),
    "executionSegment": Option(text, "K6_EXECUTION_SEGMENT"),
    "executionSegmentSequence": Option(text, "K6_EXECUTION_SEGMENT_SEQUENCE"),
    "noSetup": Option(boolean, "K6_NO_SETUP"),
    "setupTimeout": Option(duration, "K6_SETUP_TIMEOUT"),
    "noTeardown": Option(boolean, "K6_NO_TEARDOWN"),
    "teardownTimeout": Option(duration, "K6_TEARDOWN_TIMEOUT"),
    "handleSummaryTimeout": Option(duration, "K6_HANDLE_SUMMARY_TIMEOUT"),
    "rps": Option(decimal, "K6_RPS"),
    "dns": Option(dns, "K6_DNS"),
    "maxRedirects": Option(integer, "K6_MAX_REDIRECTS"),
    "userAgent": Option(text, "K6_USER_AGENT"),
    "batch": Option(integer, "K6_BATCH"),
    "batchPerHost": Option(integer, "K6_BATCH_PER_HOST"),
    "httpDebug": Option(text, "K6_HTTP_DEBUG"),
    "insecureSkipTLSVerify": Option(boolean, "K6_INSECURE_SKIP_TLS_VERIFY"),
    "tlsCipherSuites": Option(ciphers, "K6_TLS_CIPHER_SUITES"),
    "tlsVersion": Option(tls_version, "K6_TLS_VERSION"),
    "tlsAuth": Option(tls_auth),
    "throw": Option(boolean, "K6_THROW"),
    "thresholds": Option(_thresholds, "K6_THRESHOLDS"),
    "blacklistIPs": Option(address_ranges, "K6_BLACKLIST_IPS"),
    "blockHostnames": Option(host_patterns, "K6_BLOCK_HOSTNAMES"),
    "hosts": Option(host_map),
    "noConnectionReuse": Option(boolean, "K6_NO_CONNECTION_REUSE"),
    "noVUConnectionReuse": Option(boolean, "K6_NO_VU_CONNECTION_REUSE"),
    "minIterationDuration": Option(duration, "K6_MIN_ITERATION_DURATION"),
    "noCookiesReset": Option(boolean, "K6_NO_COOKIES_RESET"),
    "discardResponseBodies": Option(boolean, "K6_DISCARD_RESPONSE_BODIES"),
    "ext": Option(_anything),
    "cloud": Option(_anything),
    "summaryTrendStats": Option(trend_stats, "K6_SUMMARY_TREND_STATS"),
    "summaryTimeUnit": Option(time_unit, "K6_SUMMARY_TIME_UNIT"),
    "systemTags": Option(texts, "K6_SYSTEM_TAGS"),
    "tags": Option(text_map, "K6_TAGS"),
    "metricSamplesBufferSize": Option(integer, "K6_METRIC_SAMPLES_BUFFER_SIZE"),
    "consoleOutput": Option(text, "K6_CONSOLE_OUTPUT"),
    "localIPs": Option(local_ips, "K6_LOCAL_IPS"),
    "features": Option(_anything),
}
"""All options by name."""


class Tier(NamedTuple):
    """What one source says. `name` is for messages."""

    name: str
    options: Mapping[str, Any]


def decode(name: str, raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """(options, warnings) of an object with options, such as a script's. Raises OptionError."""
    found: dict[str, Any] = {}
    warnings: list[str] = []
    for key, value in raw.items():
        option = OPTIONS.get(key)
        if option is None:
            close = difflib.get_close_matches(key, OPTIONS, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            warnings.append(f"{name} has the unknown option {key!r}, which does nothing{hint}")
            continue
        parsed = option.parse(key, value)
        if parsed is not None:
            found[key] = parsed
    return found, warnings


def from_environment(env: Mapping[str, str]) -> dict[str, Any]:
    """The options that environment variables set. Raises OptionError."""
    found: dict[str, Any] = {}
    for key, option in OPTIONS.items():
        value: Any = env.get(option.env) if option.env else None
        if not value:
            continue
        name = option.env
        if option.parse is boolean:
            value = truth(value, OptionError(name, f"is true or false, not {value!r}"))
        elif option.parse is text_map:
            value = dict(_pair(name, part) for part in value.split(",") if part)
        parsed = option.parse(name, value)
        if parsed is not None:
            found[key] = parsed
    return found


def _pair(name: str, part: str) -> tuple[str, str]:
    key, sign, value = part.partition("=")
    if not sign:
        key, sign, value = part.partition(":")
    if not sign or not key:
        raise OptionError(name, f"{part!r} is no NAME=VALUE")
    return key.strip(), value


def consolidate(tiers: list[Tier]) -> tuple[dict[str, Any], list[str]]:
    """(options, warnings) of all sources, the highest last. Raises OptionError for a source that contradicts itself."""
    options: dict[str, Any] = {}
    warnings: list[str] = []
    for tier in tiers:
        own = tier.options
        shaping = [key for key in LOAD if key in own]
        _check_unit(tier, shaping)
        only_vus = "vus" in own and not shaping and "scenarios" in options
        if shaping or only_vus:
            if "scenarios" in options:
                what = shaping[0] if shaping else "vus"
                warnings.append(f"{what} of the {tier.name} replaces the scenarios of the script")
            for key in LOAD:
                options.pop(key, None)
        options.update(own)
    return options, warnings


def system_tag_warnings(options: Mapping[str, Any]) -> list[str]:
    """What the option `systemTags` asks for in vain. k6 passes over it in silence."""
    known = (*SYSTEM_TAGS, *_ON_REQUEST, *_NOT_RECORDED)
    warnings: list[str] = []
    asked: Sequence[str] = options.get("systemTags") or ()
    for tag in asked:
        if tag in _NOT_RECORDED:
            warnings.append(f"systemTags: {tag!r} is not recorded here; set it as a tag of your own if you need it")
        elif tag not in known:
            close = difflib.get_close_matches(tag, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(sorted(known))}"
            warnings.append(f"systemTags has the unknown tag {tag!r}, which does nothing; {hint}")
    return warnings


def _check_unit(tier: Tier, shaping: list[str]) -> None:
    """What cannot be together in one source."""
    for one, other in (("iterations", "stages"), ("duration", "stages")):
        if one in shaping and other in shaping and tier.options[other]:
            raise OptionError("", f"the {tier.name} sets {one} and {other}: only one of them can shape the load")
    if "scenarios" in shaping and len(shaping) > 1:
        other = next(key for key in shaping if key != "scenarios")
        raise OptionError("", f"the {tier.name} sets {other} and scenarios: give each scenario its own {other} instead")
