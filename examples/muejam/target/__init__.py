"""A stand-in for the MueJam API: enough of it to be loaded, broken and judged."""
