"""Checkpoints of other programs: what is in them, told without running anything."""
