"""Options of k6 that the whole run sees: network, TLS, tags, segments."""
