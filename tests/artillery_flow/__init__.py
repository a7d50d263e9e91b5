"""The flow of Artillery tests."""
