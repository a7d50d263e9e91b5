"""A stand-in for the YWMESSAGING API: churches that text with their members."""
