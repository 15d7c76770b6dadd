"""U-Nets that learn objects: targets, training, and objects from maps."""
