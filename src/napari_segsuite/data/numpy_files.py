"""NumPy's .npy files, mapped into memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from napari_segsuite.data.source import Source


def source(path: Path) -> Source:
    """Return what the .npy file at `path` says about itself; it names no axes."""
    array = _load(path)
    return Source(tuple(array.shape), array.dtype, None, {}, lambda: _load(path))


def _load(path: Path) -> Any:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError:
        # Empty arrays cannot be mapped; a damaged file fails here again.
        return np.load(path, allow_pickle=False)
