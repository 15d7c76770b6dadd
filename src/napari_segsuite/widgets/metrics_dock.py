"""The Metrics dock: Dice and IoU of two Labels layers, live while one paints."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from napari.layers import Labels
from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import QSize, QTimer
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.metrics import ContingencyTable, OverlapReport
from napari_segsuite.widgets.layer_classes import color_of, declared
from napari_segsuite.widgets.layer_picker import LayerPicker
from napari_segsuite.widgets.metrics_cards import Cards
from napari_segsuite.widgets.metrics_choice import (
    Meaning,
    guess_background,
    guess_unpainted,
    ids_of,
    score_as,
)
from napari_segsuite.widgets.metrics_counter import Count, Counter
from napari_segsuite.widgets.metrics_export import FILTERS, export_report
from napari_segsuite.widgets.metrics_pair import Scope, compare, guess_pair
from napari_segsuite.widgets.metrics_table import ClassTableModel, ClassTableView
from napari_segsuite.widgets.metrics_watch import LayerWatch

if TYPE_CHECKING:
    import napari

# From a change to the count: strokes that follow each other quickly share one.
_DELAY_MS = 200
# A count that takes longer says how far it is.
_PATIENCE_S = 0.4
# More ids than this are objects; a table of them would only slow the window.
_MOST_IDS = 20_000
# Widths in pixels: the least, and up to which names stand above their fields.
_NARROWEST = 150
_NARROW = 220
# The list of possible backgrounds ends somewhere, too.
_MOST_CHOICES = 50


class MetricsDock(QWidget):
    """Scores a prediction against a truth, both Labels layers, and keeps up.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        The viewer whose layers are scored.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        # napari hands out a proxy whose layers are proxies too.
        self._viewer: Any = getattr(napari_viewer, "__wrapped__", napari_viewer)
        self._table: ContingencyTable | None = None
        self._report: OverlapReport | None = None
        self._where = ""
        self._key: object = None
        self._asked = 0.0
        self._picked_by_user = False
        self._unpainted_by_user = False
        self._background_by_user = False

        self.truth = LayerPicker(self._viewer, _is_labels)
        self.prediction = LayerPicker(self._viewer, _is_labels)
        self.scope = QComboBox()
        self.unpainted = QCheckBox("Ignore unpainted (0)")
        self.background = QComboBox()
        self.state = QLabel()
        self.cards = Cards()
        self.classes = ClassTableModel(self)
        self.copy_button = QPushButton("Copy")
        self.export_button = QPushButton("Export…")
        self._lay_out()

        self._counter = Counter()
        self._counter.counted.connect(self._on_counted)
        self._counter.failed.connect(self._on_failed)
        self._counter.progressed.connect(self._on_progressed)
        self._watch = LayerWatch(self._viewer.dims, self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DELAY_MS)
        self._connect()
        self.reset_choices()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return a narrow size, for which names move above their fields."""
        return QSize(_NARROWEST, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Put names above their fields where there is no room beside them."""
        super().resizeEvent(event)
        policy = QFormLayout.RowWrapPolicy
        narrow = event.size().width() < _NARROW
        self._form.setRowWrapPolicy(
            policy.WrapAllRows if narrow else policy.DontWrapRows
        )

    def reset_choices(self, _event: object = None) -> None:
        """Offer the layers as they are now; napari calls this when they change."""
        for picker in (self.truth, self.prediction):
            picker.refresh()
        self._choose_pair()

    @property
    def report(self) -> OverlapReport | None:
        """The scores shown; None while there are none."""
        return self._report

    def _lay_out(self) -> None:
        self.scope.addItem("whole", "whole")
        self.scope.addItem("slice shown", "slice")
        self.background.addItem("none", None)
        self.unpainted.setToolTip(
            "Pixels that are 0 in the truth were not painted and are not scored.\n"
            "Untick where 0 is a class of its own, as in a complete mask."
        )
        self.background.setToolTip(
            "The class that mean Dice and mean IoU leave out; it keeps its own row."
        )
        self.copy_button.setToolTip("Copy the table, ready for a spreadsheet")
        self.export_button.setToolTip("Save the scores as CSV, JSON or text")
        self.state.setWordWrap(True)
        self._form = form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Truth", self.truth)
        form.addRow("Prediction", self.prediction)
        form.addRow("Score", self.scope)
        form.addRow("Background", self.background)
        form.addRow(self.unpainted)
        buttons = QHBoxLayout()
        buttons.addWidget(self.copy_button)
        buttons.addWidget(self.export_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addLayout(form)
        layout.addWidget(self.cards)
        layout.addWidget(self.state)
        layout.addWidget(ClassTableView(self.classes), 1)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self._timer.timeout.connect(self._count)
        self._watch.content_changed.connect(self._touch)
        self._watch.looks_changed.connect(self._rescore)
        self._watch.slice_changed.connect(self._on_slice)
        for picker in (self.truth, self.prediction):
            picker.activated.connect(self._on_activated)
            picker.picked.connect(self._on_picked)
        self.scope.currentIndexChanged.connect(self._touch)
        self.unpainted.clicked.connect(self._on_unpainted)
        self.background.activated.connect(self._on_background)
        self.copy_button.clicked.connect(self._copy)
        self.export_button.clicked.connect(self._ask_and_export)
        self.destroyed.connect(self._counter.stop)

    def _choose_pair(self) -> None:
        labels = [layer for layer in self._viewer.layers if _is_labels(layer)]
        if not self._picked_by_user:
            for picker, layer in zip(
                (self.truth, self.prediction), guess_pair(labels), strict=True
            ):
                if layer is not None:
                    picker.choose(layer)
        self._touch()

    def _on_activated(self) -> None:
        self._picked_by_user = True

    def _on_picked(self, _layer: object) -> None:
        self._unpainted_by_user = self._background_by_user = False
        self._touch()

    def _on_unpainted(self) -> None:
        self._unpainted_by_user = True
        self._rescore()

    def _on_background(self) -> None:
        self._background_by_user = True
        self._rescore()

    def _on_slice(self) -> None:
        if self.scope.currentData() == "slice":
            self._touch()

    def _touch(self) -> None:
        """Count soon; a running clock is not set back, so painting shows at once."""
        if not self._timer.isActive():
            self._timer.start()

    def _count(self) -> None:
        truth, prediction = self.truth.layer, self.prediction.layer
        self._watch.watch((truth, prediction))
        self.truth.setToolTip(f"What counts as right: {self.truth.currentText()}")
        self.prediction.setToolTip(f"What is scored: {self.prediction.currentText()}")
        self._key = None
        if truth is None or prediction is None or self.truth.count() < 2:
            self._clear(
                "Two Labels layers are compared here: a truth, painted or opened, and "
                "a prediction. Add or predict the missing one."
            )
            return
        stack = truth.ndim > 2
        self.scope.setEnabled(stack)
        self.scope.setToolTip(
            "All of the stack, or only the slice that is shown"
            if stack
            else "These layers have one slice, which is scored as a whole"
        )
        scope = cast(Scope, self.scope.currentData())
        try:
            comparison = compare(truth, prediction, self._viewer.dims, scope)
        except InputError as error:
            self._clear(str(error))
            return
        self._key = (truth, prediction, scope)
        self._asked = time.monotonic()
        self._counter.request(Count(comparison, self._key))

    def _on_counted(self, count: Count, table: ContingencyTable) -> None:
        if count.key != self._key:
            return
        self._table = table
        self._where = count.comparison.where
        self._rescore()

    def _on_failed(self, count: Count, sentence: str) -> None:
        if count.key == self._key:
            self._clear(sentence)

    def _on_progressed(self, count: Count, fraction: float) -> None:
        if count.key == self._key and time.monotonic() - self._asked > _PATIENCE_S:
            self.state.setText(f"Counting pixels: {fraction:.0%}")

    def _rescore(self) -> None:
        """Score what was counted, and show it."""
        truth, prediction = self.truth.layer, self.prediction.layer
        if self._table is None or truth is None or prediction is None:
            return
        ids = ids_of(self._table)
        if len(ids) > _MOST_IDS:
            self._clear(
                f"These layers hold {len(ids):,} different ids: objects, it seems. "
                f"Classes are scored here, up to {_MOST_IDS:,} of them."
            )
            return
        # What the painting says about a class goes before what the model says.
        known = {info.id: info for info in (*declared(prediction), *declared(truth))}
        table = tuple(known.values())
        meaning = self._meaning(table, ids)
        self._report = score_as(self._table, meaning, table)
        self.cards.show_report(self._report)
        # Colours are looked up for the rows in view alone.
        self.classes.show(
            self._report.classes, lambda n: color_of(truth, n) if n else "transparent"
        )
        self.state.setText(_sentence(self._where, self._report))
        self._allow_export(True)

    def _meaning(self, table: tuple[ClassInfo, ...], ids: list[int]) -> Meaning:
        """Return how ids are read: as the user says, else guessed, and shown."""
        if self._table is not None and not self._unpainted_by_user:
            self.unpainted.setChecked(guess_unpainted(self._table, table))
        unpainted = self.unpainted.isChecked()
        if self._background_by_user:
            wanted = self.background.currentData()
        else:
            wanted = guess_background(unpainted, table)
        choices = [n for n in ids if not (n == 0 and unpainted)][:_MOST_CHOICES]
        if wanted is not None and wanted not in choices:
            choices.append(wanted)
        names = {info.id: info.name for info in table}
        items: list[tuple[str, int | None]] = [("none", None)]
        items += [(f"{n} {names.get(n, '')}".strip(), n) for n in sorted(choices)]
        shown = [
            (self.background.itemText(i), self.background.itemData(i))
            for i in range(self.background.count())
        ]
        if items != shown:
            self.background.clear()
            for text, label in items:
                self.background.addItem(text, label)
        self.background.setCurrentIndex([label for _, label in items].index(wanted))
        return Meaning(unpainted, wanted)

    def _clear(self, sentence: str) -> None:
        """Show no scores, and say why."""
        self._table = self._report = None
        self.cards.show_report(None)
        self.classes.show((), lambda _: "transparent")
        self.state.setText(sentence)
        self._allow_export(False)

    def _allow_export(self, on: bool) -> None:
        for button in (self.copy_button, self.export_button):
            button.setEnabled(on)

    def _copy(self) -> None:
        if self._report is not None:
            QApplication.clipboard().setText(self._report.to_csv(separator="\t"))
            show_info("The scores are in the clipboard.")

    def _ask_and_export(self) -> None:
        name = f"{self.prediction.currentText()} scores.csv".replace("/", "-")
        path, chosen = QFileDialog.getSaveFileName(
            self, "Export the scores", name, FILTERS
        )
        if not path:
            return
        suffix = "" if Path(path).suffix else chosen[chosen.rindex(".") : -1]
        try:
            self.export(Path(path + suffix))
        except SegsuiteError as error:
            show_error(str(error))

    def export(self, path: Path) -> None:
        """Write the scores shown to a .csv, .json or .txt file; replaces it.

        Raises
        ------
        InputError
            If there are no scores, or the suffix is another one.
        StorageError
            If the file cannot be written.
        """
        if self._report is None:
            msg = "There are no scores to export yet. Pick two Labels layers first."
            raise InputError(msg)
        about = {
            "truth": self.truth.currentText(),
            "prediction": self.prediction.currentText(),
            "scored": _sentence(self._where, self._report),
        }
        export_report(self._report, path, about)


def _is_labels(layer: object) -> bool:
    return isinstance(layer, Labels)


def _sentence(where: str, report: OverlapReport) -> str:
    """Say what was scored and what the means hold."""
    if not report.n_scored:
        return f"{where}: nothing is painted there, so there is nothing to score."
    if report.ignore_id is None:
        scored = "all pixels"
    else:
        share = 100 * report.share_scored
        percent = "less than 0.1" if share < 0.1 else f"{share:.1f}"
        scored = f"only painted pixels, {percent}\N{NO-BREAK SPACE}%"
    names = [c.name for c in report.classes if c.id == report.background_id]
    means = f"means without {names[0]}" if names else "means over all classes"
    return f"{where}: {scored}; {means}."
