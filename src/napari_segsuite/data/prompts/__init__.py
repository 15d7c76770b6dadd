"""Prompts: clicks, boxes and rough masks, and the objects made from them."""
