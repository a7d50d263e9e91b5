"""Tests of model.mix: which behaviour the n-th user or arrival gets."""

from __future__ import annotations

import math
from collections import Counter
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.model.mix import pick_sequence
from swell.model.plan import Share

WEIGHTS = st.lists(st.one_of(st.integers(1, 100).map(float), st.floats(0.001, 1000)), min_size=1, max_size=6)
PICKS: st.SearchStrategy[Literal["smooth", "random"]] = st.sampled_from(["smooth", "random"])


def mix_of(weights: list[float]) -> tuple[Share, ...]:
    """Shares named a, b, c, ... with these weights."""
    return tuple(Share(chr(97 + number), weight) for number, weight in enumerate(weights))


def names(mix: tuple[Share, ...], count: int, start: int = 0) -> str:
    """The first names of the smooth sequence, as one word."""
    pick = pick_sequence(mix, "smooth", seed=0)
    return "".join(mix[pick(n)].behaviour for n in range(start, start + count))


def test_locusts_order() -> None:
    """Weights 5:1 give A A B A A A A A B A A A: what Locust 2.47 spawns (its own docstring says otherwise)."""
    assert names((Share("A", 5), Share("B", 1)), 12) == "AABAAAAABAAA"


def test_ties_go_by_name() -> None:
    """Equal weights take turns in the order of their names, wherever they stand in the mix."""
    assert names((Share("B", 2), Share("A", 2), Share("C", 2)), 6) == "ABCABC"


def test_fixed_counts_come_first() -> None:
    """Fixed users come before weighted ones, dealt in proportion, and their weight then counts for nothing."""
    mix = (Share("A", 1), Share("B", 1, fixed_count=4), Share("C", 9, fixed_count=2))
    assert names(mix, 6) == names((Share("B", 4), Share("C", 2)), 6)
    assert Counter(names(mix, 6)) == {"B": 4, "C": 2}
    assert names(mix, 5, start=6) == "AAAAA"


def test_only_fixed_shares_repeat_their_deal() -> None:
    """In a mix of fixed shares only, users beyond the sum begin again."""
    assert names((Share("A", fixed_count=1), Share("B", fixed_count=2)), 6) == "BABBAB"


def reference(weights: list[float], count: int) -> list[int]:
    """Locust's rule word for word: take the smallest w * log2(x / (x + 1)), x starting at w."""
    taken = [0] * len(weights)
    picks: list[int] = []
    for _ in range(count):
        order = [
            (w * math.log2((w + t) / (w + t + 1)), w + t, w, n)
            for n, (w, t) in enumerate(zip(weights, taken, strict=True))
        ]
        best = min(order)[3]
        taken[best] += 1
        picks.append(best)
    return picks


@given(st.lists(st.integers(1, 50).map(float), min_size=2, max_size=5))
def test_smooth_order_is_the_rule(weights: list[float]) -> None:
    """The sequence is that of the rule applied step by step."""
    pick = pick_sequence(mix_of(weights))
    assert [pick(n) for n in range(150)] == reference(weights, 150)


@given(WEIGHTS, st.integers(0, 10**12), PICKS)
def test_picks_depend_on_n_only(weights: list[float], start: int, pick: Literal["smooth", "random"]) -> None:
    """Any place can be asked for first, backwards or twice, and workers agree."""
    mix = mix_of(weights)
    forwards, backwards = pick_sequence(mix, pick, seed=7), pick_sequence(mix, pick, seed=7)
    places = list(range(start, start + 20))
    assert [forwards(n) for n in places] == [backwards(n) for n in reversed(places)][::-1]


@given(WEIGHTS)
def test_blocks_join_without_a_seam(weights: list[float]) -> None:
    """A block made on its own continues the one before: over the first blocks, counts stay within a place or so."""
    pick = pick_sequence(mix_of(weights))
    count = 3000
    seen = Counter(pick(n) for n in range(count))
    for number, weight in enumerate(weights):
        assert abs(seen[number] - count * weight / sum(weights)) <= len(weights) + 1


@given(st.lists(st.integers(1, 30), min_size=2, max_size=5), st.integers(1, 10**7))
def test_whole_rounds_are_exact(weights: list[int], rounds: int) -> None:
    """After any number of whole rounds the next round deals every behaviour exactly its weight."""
    total = sum(weights)
    pick = pick_sequence(mix_of([float(weight) for weight in weights]))
    dealt = Counter(pick(n) for n in range(rounds * total, (rounds + 1) * total))
    assert [dealt[number] for number in range(len(weights))] == weights


def test_heavy_beside_many_light_shares() -> None:
    """A share a thousand times as heavy as its ten companions keeps its part in a late block."""
    pick = pick_sequence(mix_of([1000.0] + [1.0] * 10))
    start = 1010 * 5000
    dealt = Counter(pick(n) for n in range(start, start + 1010))
    assert dealt == {0: 1000, **dict.fromkeys(range(1, 11), 1)}


def test_random_picks_follow_weights_and_seed() -> None:
    """Random picks have the weights' shares, repeat with the seed and differ without it."""
    mix = mix_of([70, 25, 4, 1])
    pick = pick_sequence(mix, "random", seed=1)
    counts = Counter(pick(n) for n in range(20_000))
    for number, share in enumerate(mix):
        expected = 20_000 * share.weight / 100
        assert abs(counts[number] - expected) < 5 * math.sqrt(expected)
    again, other = pick_sequence(mix, "random", seed=1), pick_sequence(mix, "random", seed=2)
    assert [pick(n) for n in range(100)] == [again(n) for n in range(100)]
    assert [pick(n) for n in range(100)] != [other(n) for n in range(100)]


def test_weight_zero_is_never_picked() -> None:
    """A share of weight 0 gets nothing, in either way of picking."""
    mix = mix_of([0, 3, 1])
    for way in ("smooth", "random"):
        assert {pick_sequence(mix, way, seed=3)(n) for n in range(200)} == {1, 2}


@pytest.mark.parametrize(
    "mix",
    [(), mix_of([0, 0]), mix_of([-1, 2]), mix_of([math.nan]), mix_of([math.inf]), (Share("a", fixed_count=-1),)],
)
def test_senseless_mixes_are_refused(mix: tuple[Share, ...]) -> None:
    """A mix from which nothing can be picked is a ValueError."""
    with pytest.raises(ValueError, match=r"behaviour|weight"):
        pick_sequence(mix)
