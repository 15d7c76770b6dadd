"""What each id of a Labels layer is: a class, or an object; guessed until one says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, cast

from napari.layers import Labels
from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QWidget

from napari_segsuite.widgets.layer_classes import declared
from napari_segsuite.widgets.layers import METADATA_KEY

Learn = Literal["classes", "objects"]

# Class tables rarely hold more: without one, more ids than this are objects.
_MOST_CLASSES: Final = 32

_CHOICES: Final = (
    (
        "a class",
        "classes",
        "Every id is a class of pixels, such as background or nucleus; a few strokes "
        "of each will do. Unpainted pixels are ignored.",
    ),
    (
        "an object",
        "objects",
        "Every id is one object, drawn completely. What is not drawn is background "
        "within the annotated region.",
    ),
)


class MeaningPicker(QComboBox):
    """Choose what each id is; a guess stands until the user chooses."""

    changed = Signal()
    """Another meaning is chosen, or guessed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        for row, (text, learn, tip) in enumerate(_CHOICES):
            self.addItem(text, learn)
            self.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.setMinimumContentsLength(4)
        self._guess_stands = True
        self.activated.connect(self._chosen)
        self.currentIndexChanged.connect(self._tell)
        self._explain()

    @property
    def learn(self) -> Learn:
        """What ids are."""
        return cast(Learn, self.currentData())

    def forget(self) -> None:
        """Let the next guess stand: another layer is meant."""
        self._guess_stands = True
        self._explain()

    def guess(self, learn: Learn) -> None:
        """Show a guess, unless the user has chosen."""
        if self._guess_stands:
            self.setCurrentIndex(self.findData(learn))

    def choose(self, learn: Learn) -> None:
        """Choose as the user does."""
        self.setCurrentIndex(self.findData(learn))
        self._chosen()

    def _chosen(self, _index: int = 0) -> None:
        self._guess_stands = False
        self._explain()

    def _explain(self) -> None:
        tip = "What each id of the labels is."
        self.setToolTip(f"{tip} Guessed." if self._guess_stands else tip)

    def _tell(self, _index: int) -> None:
        self.changed.emit()


def guess_meaning(layer: Labels, counts: Mapping[int, int], blobs: bool) -> Learn:
    """Return what the ids of a layer probably are.

    Parameters
    ----------
    layer : Labels
        The layer; it may say itself what it holds.
    counts : mapping of int to int
        Pixels of each id above 0.
    blobs : bool
        Whether ids look like objects: compact, in one piece, and of similar size.
    """
    facts: dict[str, Any] = layer.metadata.get(METADATA_KEY, {})
    if facts.get("readout") == "instances" or facts.get("objects"):
        return "objects"
    if facts.get("prompts"):
        return "objects"
    if declared(layer):
        return "classes"
    return "objects" if blobs or len(counts) > _MOST_CLASSES else "classes"
