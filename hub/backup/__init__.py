"""Backup and restore: database, keys and last checkpoint in one file, and no way to take the access log back unnoticed."""
