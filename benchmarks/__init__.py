"""Benchmarks: Swell beside its peers on this machine, in ratios."""
