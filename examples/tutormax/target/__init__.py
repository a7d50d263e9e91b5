"""A stand-in for the TutorMax API: enough of it to be loaded, broken and judged."""
