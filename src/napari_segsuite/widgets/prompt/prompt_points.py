"""The Points layer of the clicks: napari's own tools add, move and delete them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from napari.layers import Points
from psygnal import Signal
from qtpy.QtCore import QObject

from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.widgets.layers import METADATA_KEY, points_like
from napari_segsuite.widgets.prompt.picture import Index, Picture
from napari_segsuite.widgets.prompt.timers import single_shot

Clicks = Mapping[Index, tuple[Click, ...]]

# Blue and vermilion of Okabe and Ito; the symbols differ too.
_COLORS: Final = {True: "#0072b2", False: "#d55e00"}
_SYMBOLS: Final = {True: "disc", False: "cross"}
# Clicks stay visible from afar and do not hide small objects from close by.
_LEAST, _MOST = 9, 16
_SETTLED: Final = ("added", "removed", "changed")


class PromptPoints(QObject):
    """Mirrors the clicks of the draft in a Points layer, and tells when users edit it.

    Parameters
    ----------
    layers : napari.components.LayerList
        The viewer's layers.
    parent : QObject
        What it ends with.
    """

    edited = Signal()
    """The user added, moved or deleted points; `clicks` says which there are."""

    def __init__(self, layers: Any, parent: QObject) -> None:
        super().__init__(parent)
        self._layers = layers
        self._layer: Points | None = None
        self._picture: Picture | None = None
        self._positive = True
        self.outside = 0
        """How many points lay outside the image when `clicks` was asked last."""
        # napari tells from inside its own edits, where an error would undo them.
        self._soon = single_shot(self, self.edited.emit, 0)

    @property
    def layer(self) -> Points | None:
        """The layer, if it is in the viewer."""
        return self._layer if self._layer in self._layers else None

    @property
    def edits_wait(self) -> bool:
        """Whether the user has edited points and `edited` was not told yet."""
        return bool(self._soon.isActive())

    def belong_to(self, picture: Picture | None) -> None:
        """Mirror the clicks on another image from now on."""
        if picture is not self._picture:
            self.remove()
            self._picture = picture

    def prepare(self) -> None:
        """Have the layer, ready for napari's own tools."""
        if self._picture is not None:
            self._layer_for(self._picture)

    def set_positive(self, positive: bool) -> None:
        """Say what points that napari's own tool adds mean."""
        self._positive = positive
        layer = self.layer
        if layer is not None:
            _add_as(layer, positive)

    def show(self, clicks: Clicks) -> None:
        """Show these clicks and no others."""
        if self._picture is None or (not clicks and self.layer is None):
            return
        layer = self._layer_for(self._picture)
        rows = [
            ((*index, click.y, click.x), click.positive)
            for index, said in sorted(clicks.items())
            for click in said
        ]
        data = np.array([place for place, _ in rows], float).reshape(-1, layer.ndim)
        positive = [bool(kind) for _, kind in rows]
        if np.array_equal(layer.data, data) and _kinds(layer) == positive:
            return
        known = len(layer.data)
        begins = np.array_equal(layer.data, data[:known])
        with layer.events.data.blocker():
            if begins and _kinds(layer) == positive[:known]:
                # By far the quickest, and by far the most frequent.
                for place, kind in zip(data[known:], positive[known:], strict=True):
                    _add_as(layer, kind)
                    layer.add(place)
            else:
                _replace(layer, data, positive)
            layer.selected_data = set()
        _add_as(layer, self._positive)

    def show_plane(self, index: Index) -> None:
        """Know which plane is in view."""
        layer = self.layer
        if layer is None:
            return
        away = np.abs(layer.data[:, :-2] - np.array(index)).max(axis=1, initial=0)
        # Where none is in view, napari draws one of no size, which would be enlarged.
        limits = (_LEAST if np.any(away < 0.5) else 0, _MOST)
        if tuple(layer.canvas_size_limits) != limits:
            layer.canvas_size_limits = limits

    def clicks(self) -> dict[Index, tuple[Click, ...]]:
        """Return the clicks of the layer; those outside the image are left out."""
        layer, picture = self.layer, self._picture
        self.outside = 0
        found: dict[Index, list[Click]] = {}
        if layer is None or picture is None:
            return {}
        limits = np.array(picture.shape)
        for place, positive in zip(layer.data, _kinds(layer), strict=True):
            whole = np.rint(place).astype(int)
            if np.any(whole < 0) or np.any(whole >= limits):
                self.outside += 1
                continue
            index = tuple(int(i) for i in whole[:-2])
            click = Click(y=float(place[-2]), x=float(place[-1]), positive=positive)
            found.setdefault(index, []).append(click)
        return {index: tuple(said) for index, said in found.items()}

    def remove(self) -> None:
        """Take the layer out of the viewer."""
        layer, self._layer = self.layer, None
        if layer is not None:
            layer.events.data.disconnect(self._on_data)
            self._layers.remove(layer)

    def _layer_for(self, picture: Picture) -> Points:
        if self.layer is not None:
            return self.layer
        layer = points_like(
            picture.image,
            picture.axes,
            f"{picture.image.name} prompts",
            size=3.0,
            border_color="white",
            border_width=0.1,
            canvas_size_limits=(0, _MOST),
            features={"positive": np.zeros(0, bool)},
            metadata={METADATA_KEY: {"preview": True}},
        )
        _add_as(layer, self._positive)
        active = self._layers.selection.active
        if str(getattr(active, "mode", "pan_zoom")) == "pan_zoom":
            # Selected, so that its tools and Ctrl+Z are at hand.
            self._layers.append(layer)
        else:
            selected = set(self._layers.selection)
            with self._layers.selection.events.blocker_all():
                self._layers.append(layer)
                self._layers.selection = selected
        layer.events.data.connect(self._on_data)
        self._layer = layer
        return layer

    def _on_data(self, event: Any) -> None:
        if str(getattr(event, "action", "")) in _SETTLED:
            self._soon.start()


def _replace(layer: Points, data: Any, positive: list[bool]) -> None:
    layer.selected_data = set()
    layer.data = data
    layer.features = {"positive": np.array(positive, bool)}
    if positive:
        layer.symbol = [_SYMBOLS[kind] for kind in positive]
        layer.face_color = [_COLORS[kind] for kind in positive]


def _add_as(layer: Points, positive: bool) -> None:
    if bool(layer.feature_defaults["positive"].iloc[0]) == positive and (
        str(layer.current_symbol) == _SYMBOLS[positive]
    ):
        return
    # Of points that are selected napari would change the looks at once.
    layer.selected_data = set()
    layer.feature_defaults = {"positive": positive}
    layer.current_symbol = _SYMBOLS[positive]
    layer.current_face_color = _COLORS[positive]


def _kinds(layer: Points) -> list[bool]:
    column = layer.features.get("positive")
    if column is None or len(column) != len(layer.data):
        return [True] * len(layer.data)
    # A point that was pasted or added by a script may say nothing.
    return [True if kind is None or kind != kind else bool(kind) for kind in column]


def clicks_of(prompts: Mapping[Index, PlanePrompt]) -> dict[Index, tuple[Click, ...]]:
    """Return the clicks among prompts, by plane."""
    return {index: said.clicks for index, said in prompts.items() if said.clicks}
