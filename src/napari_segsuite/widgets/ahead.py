"""Loads in a thread what would stop the window for a moment on first use."""

from __future__ import annotations

import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap


def load_ahead() -> None:
    """Import what draws curves, and compile what colours predicted labels.

    pyqtgraph takes half a second to import; napari compiles with numba when a layer
    with named colours is first drawn, which takes a second.
    """
    import pyqtgraph  # noqa: F401

    colors = DirectLabelColormap(color_dict={None: "gray", 0: "transparent", 1: "red"})
    for dtype in (np.uint8, np.uint16, np.int32):
        Labels(np.ones((2, 2), dtype), colormap=colors)
