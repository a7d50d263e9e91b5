"""What one virtual user of an Artillery test does: steps, requests, templates, captures, processors.

Rules: the front half (scripts, load, reports) calls `vuser`; nothing here knows phases, the command line or the
console.
"""
