"""Journals: what is painted in a layer, on disk within a second of each stroke."""
