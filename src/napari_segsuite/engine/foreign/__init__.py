"""Checkpoints of other programs become models of ours, in a process thrown away."""
