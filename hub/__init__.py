"""The road of one request, and the hub's own records."""
