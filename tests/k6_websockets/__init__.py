"""Tests of k6/ws and k6/websockets: scripts of one VU against a server in the same event loop."""
