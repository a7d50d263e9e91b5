"""Tests of the equivalents of remote libraries."""
