"""Frozen descriptions of work."""
