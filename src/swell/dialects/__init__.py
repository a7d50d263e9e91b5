"""A test file in some language becomes a plan and a program."""
