"""The Panoptic dock: classes and objects of one image as one layer of segments."""
