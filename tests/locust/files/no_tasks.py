"""A user without tasks: its exception has Locust's text."""
# args: -u 1 -t 1s

import probe  # noqa: F401

from locust import User, constant


class Empty(User):
    wait_time = constant(30)
