"""A run as people and machines read it: terminal text, JSON summary."""
