"""Fibers on an event loop, real or virtual."""
