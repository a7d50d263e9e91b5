"""Equivalents of the remote libraries that k6 scripts import, so that nothing is downloaded.

Rules: written from the libraries' documentation; each `.js` file is the source of one host module (host.py), and
catalog.py tells which URLs it stands for.
"""
