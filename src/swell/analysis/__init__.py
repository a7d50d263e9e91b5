"""What can be concluded from runs: comparisons of two, trends over many."""
