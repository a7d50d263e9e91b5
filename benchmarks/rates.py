"""Requests per second on one processor: Swell beside its peers, round by round, so that ratios hold on a noisy machine.

python -m benchmarks.rates                 # 64 and 1,000 connections
python -m benchmarks.rates --rounds 5 --seconds 10 --only wrk,k9
"""

from __future__ import annotations

import argparse
import os
import statistics

from benchmarks import peers, target

EVERYBODY = [
    peers.WRK,
    peers.K9_PLAN,
    peers.K9_FUNCTION,
    peers.LOCUST_FAST,
    peers.LOCUST_HTTP,
    peers.HEY,
    peers.AUTOCANNON,
]
MANY = [peers.WRK, peers.K9_PLAN]

# What the project promises: Swell's rate as a multiple of the peer's, at least.
FLOORS = {
    (64, peers.WRK.name): 0.45,
    (64, peers.K9_PLAN.name): 0.9,
    (64, peers.K9_FUNCTION.name): 3.5,
    (64, peers.LOCUST_FAST.name): 8.0,
    (1000, peers.K9_PLAN.name): 0.8,
}


def compare(url: str, connections: int, others: list[peers.Peer], rounds: int, seconds: int) -> bool:
    """Print one table. False when a floor is missed."""
    job = peers.Job(url, connections, seconds, processor=0)
    rates: dict[str, list[float]] = {}
    ratios: dict[str, list[float]] = {}
    for _ in range(rounds):
        for peer in others:
            # Swell again beside each peer: the ratio is of two neighbours in time.
            mine = peers.SWELL.measure(job)
            theirs = peer.measure(job)
            assert mine is not None
            rates.setdefault(peers.SWELL.name, []).append(mine)
            if theirs is not None:
                rates.setdefault(peer.name, []).append(theirs)
                ratios.setdefault(peer.name, []).append(mine / theirs)
    print(f"\n{connections} connections, {rounds} rounds of {seconds} s, one processor")
    print(f"{'':44} {'median req/s':>12}  {'range':>19}  {'Swell is':>9}  {'floor':>5}")
    held = True
    for peer in [peers.SWELL, *others]:
        values = rates.get(peer.name)
        if values is None:
            print(f"{peer.name:44} not installed, skipped")
            continue
        spread = f"{min(values):,.0f}-{max(values):,.0f}"
        line = f"{peer.name:44} {statistics.median(values):12,.0f}  {spread:>19}"
        if peer.name in ratios:
            ratio = statistics.median(ratios[peer.name])
            floor = FLOORS.get((connections, peer.name))
            line += f"  {ratio:8.2f}x" + (f"  {floor:5.2f}" if floor else "")
            if floor and ratio < floor:
                line += "  MISSED"
                held = False
        print(line, flush=True)
    return held


def main() -> int:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--only", default="", help="peers whose name contains one of these, comma separated")
    parser.add_argument("--connections", default="64,1000")
    options = parser.parse_args()
    if len(os.sched_getaffinity(0)) < 2:
        print("this comparison needs two processors")
        return 2
    wanted = [word.lower() for word in options.only.split(",") if word]

    def chosen(everybody: list[peers.Peer]) -> list[peers.Peer]:
        return [peer for peer in everybody if not wanted or any(word in peer.name.lower() for word in wanted)]

    held = True
    with target.nginx(processor=1) as url:
        for connections in map(int, options.connections.split(",")):
            everybody = EVERYBODY if connections <= 64 else MANY
            held &= compare(url, connections, chosen(everybody), options.rounds, options.seconds)
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
