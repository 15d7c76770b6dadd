"""The Instances dock: learn objects, and find them, with Mask R-CNN."""
