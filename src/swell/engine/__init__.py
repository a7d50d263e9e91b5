"""One worker: virtual users, their schedule, and the watch it keeps on itself."""
