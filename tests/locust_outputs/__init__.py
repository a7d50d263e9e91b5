"""Locust's statistics objects and output formats."""
