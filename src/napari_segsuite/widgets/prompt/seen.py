"""What a model is shown of an image: chosen once, remembered in the image layer."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from napari.layers import Image
from pydantic import ValidationError

from napari_segsuite.data.prompts.planes import InputMap, Window
from napari_segsuite.widgets.layers import METADATA_KEY
from napari_segsuite.widgets.prompt.picture import Picture

KEY: Final = "seen"


def remembered(picture: Picture) -> InputMap:
    """Return what was chosen for an image, or what suits it.

    Without a choice, the intensity window is that of the layer if somebody has moved
    it, since then it shows what matters; else percentiles, since napari's own window
    reaches to the darkest and the brightest pixel, whatever they are.
    """
    values = picture.image.metadata.get(METADATA_KEY, {}).get(KEY)
    if values is not None:
        try:
            found = InputMap.model_validate_json(values)
        except (ValidationError, TypeError, ValueError):
            found = None
        if found is not None and max(found.channels, default=0) < picture.channels:
            return found
    channels = default_channels(picture)
    windows = as_shown(picture, channels) if _moved(picture.image) else ()
    return InputMap(channels=channels, windows=windows)


def remember(picture: Picture, shown: InputMap) -> None:
    """Keep what was chosen for an image."""
    layer = picture.image
    own = {**layer.metadata.get(METADATA_KEY, {}), KEY: shown.model_dump_json()}
    layer.metadata = {**layer.metadata, METADATA_KEY: own}


def default_channels(picture: Picture) -> tuple[int, ...]:
    """Return the first channels of an image, three at most; of two, both."""
    if picture.image.rgb:
        return (0, 1, 2)
    return tuple(range(min(3, picture.channels)))


def as_shown(picture: Picture, channels: tuple[int, ...]) -> tuple[Window, ...]:
    """Return the intensity windows in which napari shows these channels.

    Empty where it shows none, as of colour images, or one that is empty.
    """
    if picture.image.rgb:
        return ()
    several = len(picture.images) > 1
    layers = [picture.images[c] if several else picture.image for c in channels]
    windows = [_window(layer.contrast_limits) for layer in layers]
    return tuple(w for w in windows if w) if all(windows) else ()


def _window(limits: Any) -> Window | None:
    low, high = (float(limit) for limit in limits)
    return (low, high) if np.isfinite([low, high]).all() and low < high else None


def _moved(image: Image) -> bool:
    """Whether somebody has chosen the layer's window."""
    if image.rgb:
        return False
    return tuple(image.contrast_limits) != tuple(image.contrast_limits_range)
