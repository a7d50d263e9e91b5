"""A stand-in for the AI Calling Platform's API: contacts from CSV files, calls on a queue, analytics of them."""
