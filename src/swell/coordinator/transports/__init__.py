"""Where workers live: child processes, or a thread of this process."""
