"""The real servers that the tests start, on loopback."""
