"""Pure data and pure functions: plans, load profiles, thresholds, the verdict. No I/O, no clock."""
