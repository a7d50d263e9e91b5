"""The Artillery dialect: Artillery's scripts, command line, metrics and reports on Swell's engine.

Rules: the front half (scripts, load, console, reports) is in this package, what one VU does is in `flow`.
"""
