"""The HTTP/1.1 client that virtual users load with."""
