"""napari-segsuite: paint, train, predict and score segmentations in napari.

The names below are the Python interface; ``__init__.pyi`` lists them, and each is
imported when it is first used, so that ``import napari_segsuite`` costs nothing.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
