"""One line about the worker that answers prompts: what it does, what is ready."""

from __future__ import annotations

from napari_segsuite.errors import SegsuiteError
from napari_segsuite.widgets.prompt.picture import Index
from napari_segsuite.widgets.prompt.prompting import Prompting


def standing(prompting: Prompting) -> str:
    """Return what is done for the prompts now, where, and which planes are ready."""
    scene, asking = prompting.scene, prompting.asking
    if scene is None:
        return ""
    leading = scene.picture.leading
    name = asking.device or ("" if scene.device == "auto" else scene.device)
    device = f" on {name}" if name else ""
    try:
        shown = prompting.index_shown()
    except SegsuiteError:
        return ""
    if asking.answering:
        return f"Segmenting{device}…"
    busy = asking.busy_with
    ready = _ready(len(asking.ready), bool(leading))
    if shown in asking.ready:
        source = asking.ready[shown]
        how = " (kept on disk)" if source == "disk" else ""
        beside = f"; preparing {_name(busy, leading)}" if busy is not None else ""
        return f"Ready{device}{how}{ready}{beside}."
    if busy == shown:
        return f"Preparing {_name(shown, leading)}{device}; you can click already…"
    return f"{ready.strip(', ').capitalize()}." if asking.ready else ""


def _name(index: Index, leading: str) -> str:
    if not index:
        return "the image"
    parts = (f"{letter} {i}" for letter, i in zip(leading, index, strict=True))
    return "slice " + ", ".join(part.lower() for part in parts)


def _ready(count: int, stack: bool) -> str:
    if not stack or count == 0:
        return ""
    return f", {count} slice{'s' if count > 1 else ''} in memory"
