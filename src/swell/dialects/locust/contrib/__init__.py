"""`locust.contrib`: users of other protocols, each on the library of its own that a test installs."""
