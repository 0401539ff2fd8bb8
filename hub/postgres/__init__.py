"""The database: an embedded PostgreSQL under our own supervisor, and how the hub connects to any PostgreSQL."""
