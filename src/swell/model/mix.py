"""Which behaviour the n-th user or arrival of a mixed workload gets.

Rules: the choice is a pure function of the mix, the way of picking, the seed and n, so every worker can
answer for its own slice, in any order, and going down undoes going up. Users with a fixed count come first,
then the weighted ones. "smooth" spreads behaviours as evenly as their weights allow, in the order in which
Locust spawns user classes; "random" draws each from the weights. Memory is flat however large n grows.
"""

from __future__ import annotations

import heapq
import itertools
import math
from array import array
from bisect import bisect_right
from collections import OrderedDict
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from swell.model.plan import Share

__all__ = ["pick_sequence", "places_in"]

_BLOCK = 1024
_BLOCKS_KEPT = 32
_MASK = 2**64 - 1


def places_in(mix: Sequence[Share]) -> int | None:
    """How many users a mix of fixed counts alone has a place for; None: any number, since a share has a weight."""
    if any(_is_weighted(share) for share in mix):
        return None
    return sum(share.fixed_count for share in mix)


def _is_weighted(share: Share) -> bool:
    return share.weight > 0 and not share.fixed_count


def pick_sequence(
    mix: tuple[Share, ...], pick: Literal["smooth", "random"] = "smooth", *, seed: int = 0
) -> Callable[[int], int]:
    """A function from n (0, 1, ...) to the index in `mix` of the n-th user's or arrival's behaviour.

    Shares with a `fixed_count` fill that many places before any weighted share gets one; in a mix of fixed
    shares only, users beyond their sum repeat the deal. Raises ValueError for a mix from which nothing can
    be picked.
    """
    if not mix:
        raise ValueError("a workload needs at least one behaviour")
    for share in mix:
        if share.fixed_count < 0 or not (0 <= share.weight < math.inf):
            raise ValueError(f"the weight and fixed count of {share.behaviour!r} must be numbers of 0 or more")
    fixed = _fixed_deal(mix)
    weighted = [index for index, share in enumerate(mix) if _is_weighted(share)]
    if not weighted:
        if not fixed:
            raise ValueError("every behaviour of the workload has weight 0, so nothing can run")
        return lambda n: fixed[n % len(fixed)]
    if len(weighted) == 1:
        only = weighted[0]
        return (lambda n: fixed[n] if n < len(fixed) else only) if fixed else lambda _: only
    entries = [_Entry(mix[index].weight, mix[index].behaviour, index) for index in weighted]
    later = _Smooth(entries).pick if pick == "smooth" else _random_pick(entries, seed)
    if not fixed:
        return later
    return lambda n: fixed[n] if n < len(fixed) else later(n - len(fixed))


class _Entry:
    """One share that competes for places. Each place taken lowers its claim on the next one."""

    __slots__ = ("index", "name", "weight")

    def __init__(self, weight: float, name: str, index: int) -> None:
        self.weight = weight
        self.name = name
        self.index = index

    def claim(self, taken: int) -> tuple[float, float, float, str, int]:
        """The order in which places go (smallest first) after `taken` places."""
        x = self.weight + taken
        # w * log2(x / (x + 1)), in the form that stays exact for large x.
        return (-self.weight * math.log1p(1.0 / x), x, self.weight, self.name, self.index)

    def surely_taken(self, level: float) -> int:
        """A number of places that certainly precede a claim of -`level` (a few too few)."""
        x = 1.0 / math.expm1(level / self.weight) if level / self.weight < 700 else 0.0
        return max(0, math.floor((x - self.weight) * (1 - 1e-12)) - 2)


class _Smooth:
    """The smooth order in blocks: any block can be made on its own, and the last few are kept."""

    def __init__(self, entries: list[_Entry]) -> None:
        self._entries = entries
        self._blocks: OrderedDict[int, array[int]] = OrderedDict()

    def pick(self, n: int) -> int:
        number, place = divmod(n, _BLOCK)
        block = self._blocks.get(number)
        if block is None:
            block = array("i", self._deal(number * _BLOCK))
            self._blocks[number] = block
            if len(self._blocks) > _BLOCKS_KEPT:
                self._blocks.popitem(last=False)
        return block[place]

    def _deal(self, start: int) -> list[int]:
        """The picks `start` ... `start + _BLOCK - 1`."""
        entries = {entry.index: entry for entry in self._entries}
        taken = dict(zip(entries, self._taken_before(start), strict=True))
        missing = start - sum(taken.values())
        heap = [entry.claim(taken[index]) for index, entry in entries.items()]
        heapq.heapify(heap)
        picks: list[int] = []
        for _ in range(missing + _BLOCK):
            index = heap[0][-1]
            taken[index] += 1
            heapq.heapreplace(heap, entries[index].claim(taken[index]))
            picks.append(index)
        return picks[missing:]

    def _taken_before(self, start: int) -> list[int]:
        """Places taken by each entry, at most as many as before pick `start` and only a few less.

        The first n picks are the n strongest claims, so a level of claims stands for a number of picks.
        """
        if not start:
            return [0] * len(self._entries)
        low, high = 1e-300, max(entry.weight for entry in self._entries) * 800.0
        best = [0] * len(self._entries)
        for _ in range(200):
            middle = math.sqrt(low) * math.sqrt(high)
            counts = [entry.surely_taken(middle) for entry in self._entries]
            # Fewer than 4 places each were left out, so all that surely precede the level fit before `start`.
            if sum(counts) + 4 * len(counts) <= start:
                best, high = counts, middle
            else:
                low = middle
            if high <= low * (1 + 1e-13):
                break
        return best


def _fixed_deal(mix: Sequence[Share]) -> array[int]:
    """The places of fixed shares, dealt in proportion to their counts, each until it is full."""
    entries = [
        (_Entry(float(share.fixed_count), share.behaviour, index), share.fixed_count)
        for index, share in enumerate(mix)
        if share.fixed_count > 0
    ]
    claims = heapq.merge(*(_claims(entry, count) for entry, count in entries))
    return array("i", (claim[-1] for claim in claims))


def _claims(entry: _Entry, count: int) -> list[tuple[float, float, float, str, int]]:
    return [entry.claim(taken) for taken in range(count)]


def _random_pick(entries: list[_Entry], seed: int) -> Callable[[int], int]:
    edges = list(itertools.accumulate(entry.weight for entry in entries))
    indexes = [entry.index for entry in entries]
    total = edges.pop()
    key = _mix_bits((seed & _MASK) ^ 0x9E3779B97F4A7C15)

    def pick(n: int) -> int:
        # 53 random bits of (seed, n), as a fraction of the total weight.
        share = (_mix_bits(key + n * 0x9E3779B97F4A7C15) >> 11) * 2.0**-53
        return indexes[bisect_right(edges, share * total)]

    return pick


def _mix_bits(value: int) -> int:
    """64 bits in which every bit of `value` had a say (the finaliser of the splitmix64 generator)."""
    value &= _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)
