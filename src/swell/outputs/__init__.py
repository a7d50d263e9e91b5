"""Outputs while a run goes on: what was measured in each second, sent to files and to other systems."""
