"""The plan: everything one run will do, as pure data.

Rules: nothing here does I/O, reads a clock or knows a dialect. All times are seconds (float), all rates are per
second, users and arrivals are those of the whole test (workers take slices, see `model.slices`). A plan travels
between processes, so each field is plain data; behaviours are named, and the dialect that made the plan turns
a name into code (`engine.script.Program`).
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

__all__ = [
    "ArrivalPart",
    "ArrivalPolicy",
    "ArrivalRun",
    "ArrivalRuns",
    "ArrivalSequence",
    "ArrivalStages",
    "ClosedProfile",
    "HttpOptions",
    "Network",
    "OpenProfile",
    "Plan",
    "Profile",
    "Share",
    "SharedIterations",
    "Source",
    "Stage",
    "SteeredUsers",
    "UserIterations",
    "UserStages",
    "Workload",
]


class Stage(msgspec.Struct, frozen=True):
    """A straight line from the value before to `target` in `duration` seconds; 0 seconds is a jump."""

    duration: float
    target: float
    name: str = ""


class UserStages(msgspec.Struct, frozen=True, tag="users"):
    """Closed model: how many users run at time t, a line through stages.

    Ramping up, user n starts when the line reaches n; ramping down, a user leaves when the line reaches n-1
    (the count is floor(line) on the way up, ceil(line) on the way down).
    """

    stages: tuple[Stage, ...]
    start: float = 0.0


class SteeredUsers(msgspec.Struct, frozen=True, tag="steered"):
    """Closed model whose user count is set while it runs (a shape class, a live page, an API).

    The first user starts at once, the others 1/`spawn_rate` seconds apart; infinity starts all at once. With
    `batched`, floor(spawn_rate) users (at least one) start or stop at a time, each new ramp also fills the places of
    users that ended by themselves, and a mix of fixed counts alone gets no more users than their sum. `duration` None
    means until told to stop.
    """

    users: int = 0
    spawn_rate: float = 1.0
    duration: float | None = None
    batched: bool = False


class SharedIterations(msgspec.Struct, frozen=True, tag="shared-iterations"):
    """`users` users take iterations from one common store of `iterations`; what `max_duration` leaves is dropped."""

    users: int
    iterations: int
    max_duration: float = 600.0


class UserIterations(msgspec.Struct, frozen=True, tag="user-iterations"):
    """Each of `users` users runs `iterations` iterations; what `max_duration` leaves is dropped."""

    users: int
    iterations: int
    max_duration: float = 600.0


class ArrivalStages(msgspec.Struct, frozen=True, tag="arrivals"):
    """Open model: the arrival rate (per second) is a line through stages; arrivals follow its integral N(t).

    `spacing` "even" puts arrival k where N(t) = k + `offset` (k = 0, 1, ...); only arrivals with N < the total
    count for offset 0, N <= the total for offset 1. "poisson" draws round(total) sorted uniform points of N: a
    Poisson process with an exact count. "exponential" draws independent exponential gaps: the count varies.

    `offsets`, for even arrivals only: arrival k lies where N(t) = n * (k // n) + offsets[k % n], n being their number.
    """

    stages: tuple[Stage, ...]
    start: float = 0.0
    spacing: Literal["even", "poisson", "exponential"] = "even"
    offset: float = 0.0
    offsets: tuple[float, ...] = ()


class ArrivalRun(msgspec.Struct, frozen=True):
    """`count` arrivals from `start` on, `interval` seconds apart."""

    start: float
    interval: float
    count: int


class ArrivalRuns(msgspec.Struct, frozen=True, tag="arrival-runs"):
    """Open model as evenly spaced runs, for schedules that are no line (per-second staircases, bursts)."""

    runs: tuple[ArrivalRun, ...]
    duration: float


class ArrivalPart(msgspec.Struct, frozen=True):
    """One phase of an `ArrivalSequence`.

    `max_users` caps the users that may be busy in the workload when an arrival of this phase comes; None
    leaves that to the policy.
    """

    profile: ArrivalStages | ArrivalRuns
    max_users: int | None = None
    name: str = ""


class ArrivalSequence(msgspec.Struct, frozen=True, tag="arrival-sequence"):
    """Open model: phases one after the other, each with its own spacing; times in a part are from its start."""

    parts: tuple[ArrivalPart, ...]


OpenProfile: TypeAlias = ArrivalStages | ArrivalRuns | ArrivalSequence
ClosedProfile: TypeAlias = UserStages | SteeredUsers | SharedIterations | UserIterations
Profile: TypeAlias = ClosedProfile | OpenProfile


class ArrivalPolicy(msgspec.Struct, frozen=True):
    """What happens to an arrival when every user is busy: grow to `max_users`, then wait `max_lag`, then drop.

    `initial_users` are made before the start, and open their connections then; None: as many as the peak rate keeps
    busy with iterations of 50 ms (`profiles.initial_users`). `max_users` is of the whole test. `max_lag` 0 drops at
    once. Every arrival ends as a start or as a counted drop.
    """

    initial_users: int | None = None
    max_users: int = 10_000
    max_lag: float = 0.0


class Share(msgspec.Struct, frozen=True):
    """One behaviour's part in a workload: a relative weight, or a fixed number of users that come first."""

    behaviour: str
    weight: float = 1.0
    fixed_count: int = 0


class Workload(msgspec.Struct, frozen=True):
    """One load profile over one behaviour, or over a weighted mix of several.

    `pick` "smooth" deals behaviours in an even, deterministic order; "random" draws each by weight. With
    `fresh_users` each arrival is a new user (own connections, cookies, on_start); otherwise idle users are reused.
    `last_words`: seconds that the code at the end of a user (on_stop) gets when the user was killed.
    """

    name: str
    mix: tuple[Share, ...]
    profile: Profile
    start_time: float = 0.0
    graceful_stop: float = 30.0
    graceful_ramp_down: float = 30.0
    last_words: float = 1.0
    policy: ArrivalPolicy = ArrivalPolicy()
    pick: Literal["smooth", "random"] = "smooth"
    fresh_users: bool = False
    tags: dict[str, str] = {}
    env: dict[str, str] = {}


class Network(msgspec.Struct, frozen=True):
    """What HTTP clients may reach and by which way, where a run has rules of its own for that. Times in seconds.

    `hosts`: (name, port or 0 for every port, address, port or 0 for the same); a name `*.x` stands for all below x.
    `blocked_hosts`: names and `*.x`; `blocked_ranges`: networks such as 10.0.0.0/8. `dns_select`: which of a name's
    addresses comes first; `dns_policy`: which kind of address is wanted. `local_addresses`: addresses, ranges
    (A-B) and networks to send from, dealt to users in turn. `tls_lowest`, `tls_highest`: such as "TLSv1.2", "" for
    no limit; `tls_ciphers`: OpenSSL's names for TLS up to 1.2, "" for the usual. `connection_tags`: tags of requests
    that say what connection carried them: proto, tls_version, ip, ocsp_status.
    """

    hosts: tuple[tuple[str, int, str, int], ...] = ()
    blocked_hosts: tuple[str, ...] = ()
    blocked_ranges: tuple[str, ...] = ()
    dns_ttl: float = 60.0
    dns_select: Literal["first", "random", "roundRobin"] = "first"
    dns_policy: Literal["preferIPv4", "preferIPv6", "onlyIPv4", "onlyIPv6", "any"] = "any"
    local_addresses: tuple[str, ...] = ()
    tls_lowest: str = ""
    tls_highest: str = ""
    tls_ciphers: str = ""
    keep_connections: bool = True
    connection_tags: tuple[str, ...] = ()


class HttpOptions(msgspec.Struct, frozen=True):
    """Defaults of every HTTP client of the run. Times in seconds, sizes in bytes; None means no limit.

    `bare`: requests have no header that nobody asked for but User-Agent, and not even that if `user_agent` is "".
    """

    timeout: float = 60.0
    connect_timeout: float = 30.0
    read_timeout: float | None = None
    verify: bool | str = True
    client_cert: str | None = None
    client_key: str | None = None
    proxy: str | None = None
    trust_env: bool = True
    resolve: tuple[tuple[str, int, str], ...] = ()
    max_redirects: int = 30
    max_body: int | None = 256 * 1024 * 1024
    discard_bodies: bool = False
    share_connections: bool = False
    max_connections_per_host: int = 0
    user_agent: str = ""
    expected_statuses: tuple[tuple[int, int], ...] = ((200, 399),)
    network: Network | None = None
    bare: bool = False


class Source(msgspec.Struct, frozen=True):
    """Where the test code comes from, so that each worker process can load it again.

    `loader` is "module:function" of a dialect; it is called with this source and returns the
    `engine.script.Program`.
    """

    loader: str
    path: str
    env: dict[str, str] = {}
    options: dict[str, str] = {}


class Plan(msgspec.Struct, frozen=True):
    """One run. `thresholds` are texts in the grammar of `model.threshold`, checked when the plan is made."""

    source: Source
    workloads: tuple[Workload, ...]
    thresholds: tuple[str, ...] = ()
    host: str = ""
    duration: float | None = None
    http: HttpOptions = HttpOptions()
    processes: int = 1
    seed: int | None = None
    tags: dict[str, str] = {}
    name: str = ""
    setup_timeout: float = 60.0
    teardown_timeout: float = 60.0
    raw_samples: bool = False
    """Workers also send every single sample, for outputs that want each of them; costs about 250 bytes a request."""
    exact_samples: int = 0
    """Each worker also sends its first so many samples of trends: a run with no more has exact percentiles."""
