"""Backup and restore: database, keys and last checkpoint in one file, and no way to take the access log back unnoticed."""

from hub.backup.archive import BadArchive
from hub.backup.contents import BackupRefused, Summary
from hub.backup.restoring import restore
from hub.backup.saving import backup

__all__ = ["BackupRefused", "BadArchive", "Summary", "backup", "restore"]
