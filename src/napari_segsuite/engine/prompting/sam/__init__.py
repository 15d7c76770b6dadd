"""Segment Anything, Meta's networks with an encoder of our own."""
