"""Tests of the HTTP client: the protocol by bytes, and real servers on loopback."""  # noqa: A005 - a part of tests
