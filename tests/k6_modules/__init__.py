"""Tests of k6's small modules: encoding, crypto, the global crypto, timers, secrets, gRPC."""
