"""Mask R-CNN: training on drawn objects, and finding objects."""
