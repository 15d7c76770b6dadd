"""napari-segsuite: paint, train, predict and score segmentations in napari."""
