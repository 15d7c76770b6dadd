"""The Metrics dock: Dice and IoU of two Labels layers, live while one paints."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import (
    QApplication,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.metrics import ContingencyTable, OverlapReport
from napari_segsuite.widgets.layer_classes import color_of
from napari_segsuite.widgets.metrics_cards import Cards
from napari_segsuite.widgets.metrics_choice import MOST_IDS, Scores, score_as
from napari_segsuite.widgets.metrics_counter import Count, Counter
from napari_segsuite.widgets.metrics_export import FILTERS, export_report
from napari_segsuite.widgets.metrics_form import MetricsForm
from napari_segsuite.widgets.metrics_pair import compare
from napari_segsuite.widgets.metrics_table import ClassTableModel, ClassTableView
from napari_segsuite.widgets.metrics_watch import LayerWatch

if TYPE_CHECKING:
    import napari

# From a change to the count: strokes that follow each other quickly share one.
_DELAY_MS = 200
# A count that takes longer says how far it is.
_PATIENCE_S = 0.4
# Up to this width, in pixels, names stand above their fields.
_NARROW = 220


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
        viewer: Any = getattr(napari_viewer, "__wrapped__", napari_viewer)
        self._dims = viewer.dims
        self._table: ContingencyTable | None = None
        self._report: OverlapReport | None = None
        self._where = ""
        self._key: object = None
        self._shown_key: object = None
        self._asked = 0.0

        self.form = MetricsForm(viewer)
        self.cards = Cards()
        self.state = QLabel()
        self.state.setWordWrap(True)
        # Layer names are shown as they are, never as HTML.
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.classes = ClassTableModel(self)
        self.copy_button = QPushButton("Copy")
        self.copy_button.clicked.connect(self._copy)
        self.export_button = QPushButton("Export…")
        self.export_button.clicked.connect(self._ask_and_export)
        self._lay_out()

        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DELAY_MS)
        self._timer.timeout.connect(self._count)
        self._counter = Counter()
        self._counter.counted.connect(self._on_counted)
        self._counter.failed.connect(self._on_failed)
        self._counter.progressed.connect(self._on_progressed)
        self.destroyed.connect(self._counter.stop)
        self._watch = LayerWatch(viewer.dims, self)
        self._watch.content_changed.connect(self._touch)
        self._watch.looks_changed.connect(self._rescore)
        self._watch.slice_changed.connect(self._on_slice)
        self.form.pair_changed.connect(self._touch)
        self.form.meaning_changed.connect(self._rescore)
        self._clear("")
        self.reset_choices()

    @property
    def report(self) -> OverlapReport | None:
        """The scores shown; None while there are none."""
        return self._report

    def reset_choices(self, _event: object = None) -> None:
        """Offer the layers as they are now; napari calls this when they change."""
        self.form.refresh()
        self._touch()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Lay out the form for the width at hand."""
        super().resizeEvent(event)
        self.form.make_room(narrow=event.size().width() < _NARROW)

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
            "truth": self.form.truth.currentText(),
            "prediction": self.form.prediction.currentText(),
            "scored": _sentence(self._where, self._report),
        }
        export_report(self._report, path, about)

    def _lay_out(self) -> None:
        inner = QWidget()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(area)
        buttons = QHBoxLayout()
        buttons.addWidget(self.copy_button)
        buttons.addWidget(self.export_button)
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.form)
        layout.addWidget(self.cards)
        layout.addWidget(self.state)
        layout.addWidget(ClassTableView(self.classes), 1)
        layout.addLayout(buttons)

    def _touch(self) -> None:
        """Count soon; a running clock is not set back, so painting shows at once."""
        if not self._timer.isActive():
            self._timer.start()

    def _on_slice(self) -> None:
        if self.form.scope_wanted == "slice":
            self._touch()

    def _count(self) -> None:
        self.form.choose_pair()
        # What was just chosen is counted right here.
        self._timer.stop()
        pair = self.form.pair
        self._watch.watch(pair or ())
        self._key = None
        if pair is None:
            self._counter.stop()
            self._clear(
                "Two Labels layers are compared here: a truth, painted or opened, and "
                "a prediction. Add or predict the missing one."
            )
            return
        scope = self.form.scope_wanted
        try:
            comparison = compare(*pair, self._dims, scope)
        except InputError as error:
            self._counter.stop()
            self._clear(str(error))
            return
        self._key = (*pair, scope)
        self._asked = time.monotonic()
        self._counter.request(Count(comparison, self._key, self.form.wish))

    def _on_counted(
        self, count: Count, table: ContingencyTable, scores: Scores
    ) -> None:
        if count.key != self._key:
            return
        self._table = table
        self._where = count.comparison.where
        self._shown_key = count.key
        if count.wish == self.form.wish:
            self._show(scores)
        else:  # The user changed the meaning of ids meanwhile.
            self._rescore()

    def _on_failed(self, count: Count, sentence: str) -> None:
        if count.key == self._key:
            self._clear(sentence)

    def _on_progressed(self, count: Count, fraction: float) -> None:
        if count.key != self._key or time.monotonic() - self._asked < _PATIENCE_S:
            return
        if self._shown_key != self._key:
            self._clear("")
        self.state.setText(f"Counting pixels: {fraction:.0%}")

    def _rescore(self) -> None:
        """Read anew what was counted, and show it."""
        if self._table is not None and self._shown_key == self._key:
            self._show(score_as(self._table, self.form.wish))

    def _show(self, scores: Scores) -> None:
        pair = self.form.pair
        if pair is None:
            return
        self.form.show_meaning(scores)
        if scores.report is None:
            self._clear(
                f"These layers hold {len(scores.ids):,} different ids: objects, it "
                f"seems. Classes are scored here, up to {MOST_IDS:,} of them."
            )
            return
        self._report = scores.report
        self.cards.show_scores(scores.mean_dice, scores.mean_iou, scores.pixel_accuracy)
        # Colours are looked up for the rows in view alone.
        truth = pair[0]
        self.classes.show(
            scores.report.classes,
            lambda label: color_of(truth, label) if label else "transparent",
        )
        self.state.setText(_sentence(self._where, scores.report))
        self._allow_export(True)

    def _clear(self, sentence: str) -> None:
        """Show no scores, and say why."""
        self._table = self._report = self._shown_key = None
        self.cards.show_scores()
        self.classes.show((), lambda _: "transparent")
        self.state.setText(sentence)
        self._allow_export(False)

    def _allow_export(self, on: bool) -> None:
        tips = (
            "Copy the table, ready for a spreadsheet",
            "Save the scores as CSV, JSON or text",
        )
        buttons = (self.copy_button, self.export_button)
        for button, tip in zip(buttons, tips, strict=True):
            button.setEnabled(on)
            button.setToolTip(tip if on else "There are no scores yet")

    def _copy(self) -> None:
        if self._report is not None:
            QApplication.clipboard().setText(self._report.to_csv(separator="\t"))
            show_info("The scores are in the clipboard.")

    def _ask_and_export(self) -> None:
        name = f"{self.form.prediction.currentText()} scores.csv".replace("/", "-")
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
