"""The record of one run: the only thing that reports, comparisons and analyses read."""
