"""The access log: an append-only Merkle tree of who asked what about whom, why, and what was told."""
