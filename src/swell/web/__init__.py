"""The live page: what a running test looks like in a browser, and the few things that can be done to it there."""
