"""Tests of the WebSocket client: frames by bytes, and real servers on loopback."""
