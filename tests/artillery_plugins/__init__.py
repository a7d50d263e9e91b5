"""Plugins that talk to other systems: publish-metrics and slack."""
