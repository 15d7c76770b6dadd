"""The layer that draws what is right, too much and missed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from napari.layers import Labels

from napari_segsuite.widgets.layers import labels_result
from napari_segsuite.widgets.measure.judged import VERDICTS, JudgedArray, Rule

_NAME = "right, too much, missed"
_OPACITY = 0.6
_PLACE = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels")


class Overlay:
    """A Labels layer over the compared part of two others; it cannot be painted on.

    Pixels are judged when napari draws them: the slice in view, never a whole stack.

    Parameters
    ----------
    viewer : napari.Viewer
        Who shows the layer.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._layer: Labels | None = None

    @property
    def layer(self) -> Labels | None:
        """The layer; None while it is not shown, or if the user has deleted it."""
        if self._layer is not None and self._layer not in self._viewer.layers:
            self._layer = None
        return self._layer

    def show(
        self,
        truth: Any,
        prediction: Any,
        *,
        like: Labels,
        offset: Sequence[int],
        rule: Rule,
    ) -> None:
        """Show the layer on top of all, or show this comparison in it.

        Parameters
        ----------
        truth, prediction : array
            Two label arrays of one shape, lazy or not, as in a `Comparison`.
        like : Labels
            The layer that the truth is of; the overlay lies on it.
        offset : sequence of int
            Where the compared part starts, in pixels of `like`.
        rule : Rule
            How ids are read.
        """
        verdicts = JudgedArray(truth, prediction, rule)
        made = labels_result(
            verdicts,
            like=like,
            # None of the axes is a channel, which is all that matters here.
            axes="TZYX"[-like.ndim :].rjust(like.ndim, "T"),
            offset=offset,
            name=_NAME,
            classes=VERDICTS,
            provenance={"overlay": True},
        )
        if self.layer is not None and self.layer.ndim != like.ndim:
            self._viewer.layers.remove(self._layer)
        layer = self.layer
        if layer is None:
            self._add(made)
            return
        # The layer stays, and with it what the user set: opacity, contour, its rank.
        for part in _PLACE:
            old, new = getattr(layer, part), getattr(made, part)
            if not np.array_equal(_numbers(old), _numbers(new)):
                setattr(layer, part, new)
        layer.data = verdicts
        layer.editable = False

    def refresh(self) -> None:
        """Draw anew, since pixels changed: 4 ms for 2048² of them, and the drawing."""
        if self.layer is not None:
            self.layer.refresh(thumbnail=False, extent=False)

    def hide(self) -> None:
        """Take the layer away."""
        if self.layer is not None:
            self._viewer.layers.remove(self._layer)
        self._layer = None

    def _add(self, layer: Labels) -> None:
        layer.opacity = _OPACITY
        layer.editable = False
        layers = self._viewer.layers
        active, selected = layers.selection.active, set(layers.selection)
        layers.append(layer)
        # Whoever paints goes on painting.
        layers.selection = selected
        layers.selection.active = active
        self._layer = layer


def _numbers(value: Any) -> Any:
    return np.asarray(getattr(value, "affine_matrix", value))
