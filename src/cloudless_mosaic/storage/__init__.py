"""Writes files whole or not at all; the lock of a folder; the spool of encoded tiles."""
