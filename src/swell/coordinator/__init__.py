"""Starts workers, merges what they measured, judges it live, ends the run."""
