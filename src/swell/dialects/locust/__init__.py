"""Locust's dialect: its locustfiles, its command line, its output formats."""
