"""The native dialect: Python classes with the names that Locust users know."""
