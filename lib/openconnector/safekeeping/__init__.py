"""Keeping what an installation holds: backups, and new keys for what is sealed."""
