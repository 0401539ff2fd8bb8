"""What a receiver may do with what it was told, and the duty to dispose of it, followed to its receipt (GDS §25, §27, §29)."""
