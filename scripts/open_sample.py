"""Open napari with a sample image and the docks of napari-segsuite."""

from __future__ import annotations

import sys

import napari

PLUGIN = "napari-segsuite"
SAMPLE = "fluorescence"
DOCKS = ("Train", "Predict", "Metrics")


def main() -> None:
    """Open the window and stay, or close it at once if only checked."""
    viewer = napari.Viewer()
    layers = viewer.open_sample(PLUGIN, SAMPLE)
    for dock in DOCKS:
        viewer.window.add_plugin_dock_widget(PLUGIN, dock, tabify=True)
    if sys.argv[1:] == ["--check"]:
        sys.stdout.write(f"napari opened {', '.join(str(layer) for layer in layers)}\n")
        viewer.close()
        return
    napari.run()


if __name__ == "__main__":
    main()
