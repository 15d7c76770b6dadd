"""The user's preferences, as napari keeps them for plugins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import platformdirs
from napari.settings import get_plugin_settings

_PLUGIN: Final = "napari-segsuite"


@dataclass(frozen=True)
class Preferences:
    """What is set under Preferences ▸ Plugin Preferences."""

    device: str = "auto"
    """Where to compute: auto, cpu, cuda or mps."""
    threads: int = 0
    """Threads of the worker; 0 chooses."""
    models_folder: Path | None = None
    """Where models are kept; None: the usual place."""
    cache_folder: Path | None = None
    """Where temporary arrays go; None: the system's place for them."""
    keep_every_layer: bool = False
    """Whether every Labels, Points and Shapes layer is kept, used in a dock or not."""


def preferences() -> Preferences:
    """Return the preferences as they are now; defaults where there are none."""
    try:
        settings: Any = get_plugin_settings(_PLUGIN)
    except KeyError:
        # Run from a source tree that is not installed, as tests may do.
        return Preferences()
    compute, folders = settings.segsuite_compute, settings.segsuite_folders
    safety = settings.segsuite_safety
    return Preferences(
        device=str(compute.device),
        threads=int(compute.threads),
        models_folder=_folder(folders.models),
        cache_folder=_folder(folders.cache),
        keep_every_layer=bool(safety.every_layer),
    )


def embeddings_folder() -> Path:
    """Return where planes, prepared for prompts, outlive the worker."""
    chosen = preferences().cache_folder
    if chosen is None:
        chosen = platformdirs.user_cache_path("napari-segsuite", appauthor=False)
    return chosen / "embeddings"


def _folder(text: str) -> Path | None:
    return Path(text.strip()).expanduser() if text.strip() else None
