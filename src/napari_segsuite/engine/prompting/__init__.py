"""Promptable models: the image is set once, then prompted many times."""
