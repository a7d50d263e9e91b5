"""Tests of the modules k6/experimental/*."""
