"""`hub demo`: two regions, their departments and offices, and one family's story, on this machine alone."""
