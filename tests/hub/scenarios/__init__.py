"""The acceptance scenarios of the domain (C9), each over the whole hub."""
