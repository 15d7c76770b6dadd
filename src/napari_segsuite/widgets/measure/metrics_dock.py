"""The Metrics dock: scores of two Labels layers, live while one paints."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QResizeEvent, QShowEvent
from qtpy.QtWidgets import (
    QApplication,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.metrics import Report
from napari_segsuite.widgets.dock import button, plain_label
from napari_segsuite.widgets.layers import is_result
from napari_segsuite.widgets.measure.cards import Cards
from napari_segsuite.widgets.measure.choice import MOST_IDS, Scores
from napari_segsuite.widgets.measure.export import (
    FILTERS,
    export_report,
    table_text,
)
from napari_segsuite.widgets.measure.form import MetricsForm
from napari_segsuite.widgets.measure.live_scores import LiveScores
from napari_segsuite.widgets.measure.overlay import Overlay
from napari_segsuite.widgets.measure.overlay_choice import OverlayChoice
from napari_segsuite.widgets.measure.pair import Comparison
from napari_segsuite.widgets.measure.shown_slice import (
    judged_truth,
    pictures_of,
    rule_of,
)
from napari_segsuite.widgets.measure.surface_panel import SurfacePanel
from napari_segsuite.widgets.measure.tabs import Tabs
from napari_segsuite.widgets.safety.banner import SafetyBanner
from napari_segsuite.widgets.safety.net import SafetyNet
from napari_segsuite.widgets.session import SESSIONS, Session

if TYPE_CHECKING:
    import napari

# Up to this width, in pixels, names stand above their fields.
_NARROW = 220
# The list of classes to draw ends somewhere.
_MOST_DRAWN = 50


class MetricsDock(QWidget):
    """Scores a prediction against a truth, both Labels layers, and keeps up.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        The viewer whose layers are scored.
    session : Session, optional
        Whose safety net keeps the strokes of these layers; by default the one that the
        viewer's docks share.
    """

    _written = Signal(str)

    def __init__(
        self, napari_viewer: napari.viewer.Viewer, session: Session | None = None
    ) -> None:
        super().__init__()
        self.session = session or SESSIONS.of(napari_viewer)
        self._net = self.session.shared(SafetyNet)
        # napari hands out a proxy whose layers are proxies too.
        viewer: Any = getattr(napari_viewer, "__wrapped__", napari_viewer)
        self._viewer = viewer
        self._where = ""
        self._drawn: object = None
        self.form = MetricsForm(viewer)
        self.live = LiveScores(viewer, self.form, self)
        self.cards = Cards()
        self.state = plain_label()
        self.surfaces = SurfacePanel(self.form, self.live)
        self.overlay_choice = OverlayChoice()
        self.overlay = Overlay(viewer)
        self.tabs = Tabs(viewer, self.form, self.live)
        self.copy_button = button("Copy", "", self._copy)
        self.export_button = button("Export…", "", self._ask_and_export)
        self._lay_out()
        self.live.scored.connect(self._show)
        self.live.cleared.connect(self._clear)
        self.live.progressed.connect(self._on_progressed)
        self.overlay_choice.changed.connect(self._draw)
        self._written.connect(self._on_written)
        # Partials are held strongly by Qt: they outlive the widget's Python side.
        self.destroyed.connect(partial(_take_away, self.overlay, self.tabs.pointer))
        self._clear("")
        self.reset_choices()

    @property
    def report(self) -> Report | None:
        """The scores shown; None while there are none."""
        return None if self.live.scores is None else self.live.scores.report

    def reset_choices(self, _event: object = None) -> None:
        """Offer the layers as they are now; napari calls this when they change."""
        self.form.refresh()
        self.live.touch()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Lay out the form for the width at hand."""
        super().resizeEvent(event)
        self.form.make_room(narrow=event.size().width() < _NARROW)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Tie the session to the window that this dock is shown in."""
        super().showEvent(event)
        self.session.follow(self)

    def export(self, path: Path) -> None:
        """Write the scores shown to a file; replaces it.

        Parameters
        ----------
        path : Path
            ``.csv`` holds the table of the tab in front; ``.json`` and ``.txt`` all
            numbers; ``.html`` all numbers, with pictures of the slice shown.

        Raises
        ------
        InputError
            If there are no scores, or the suffix is another one.
        StorageError
            If the file cannot be written.
        """
        self._export_job()(path)

    def _export_job(self) -> Callable[[Path], None]:
        """Return what writes the scores shown now; it may run in another thread."""
        scores, comparison, pair = (
            self.live.scores,
            self.live.comparison,
            self.form.pair,
        )
        if scores is None or scores.report is None or not comparison or not pair:
            msg = "There are no scores to export yet. Pick two Labels layers first."
            raise InputError(msg)
        report, meaning, table = scores.report, scores.meaning, self.tabs.table
        about = {
            "truth": pair[0].name,
            "prediction": pair[1].name,
            "scored": _sentence(self._where, scores),
            "time": datetime.now().astimezone().isoformat(timespec="seconds"),
        }

        def write(path: Path) -> None:
            pictures = (
                pictures_of(self._viewer, pair, comparison, meaning)
                if path.suffix.lower() == ".html"
                else ()
            )
            export_report(report, path, about, table=table, pictures=pictures)

        return write

    def _lay_out(self) -> None:
        inner = QWidget()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(SafetyBanner(self.session))
        around.addWidget(area)
        buttons = QHBoxLayout()
        buttons.addWidget(self.copy_button)
        buttons.addWidget(self.export_button)
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.form)
        layout.addWidget(self.cards)
        layout.addWidget(self.state)
        layout.addWidget(self.surfaces)
        layout.addWidget(self.overlay_choice)
        layout.addWidget(self.tabs.chooser)
        layout.addWidget(self.tabs, 1)
        layout.addLayout(buttons)

    def _show(self, scores: Scores, comparison: Comparison) -> None:
        self.form.show_meaning(scores)
        self._where = comparison.where
        for layer in self.form.pair or ():
            # Results are kept from the first stroke on that corrects them.
            if not is_result(layer):
                self._net.keep(layer)
        report = scores.report
        self.cards.show_scores(scores.headline, scores.meaning.mode)
        self.state.setText(_sentence(self._where, scores))
        self.tabs.show_scores(None if report is None else scores, self.surfaces.shown)
        if scores.meaning.mode == "classes" and report is not None:
            classes = report.overlap.foreground[:_MOST_DRAWN]
            self.overlay_choice.offer({c.id: c.name for c in classes})
        else:
            self.overlay_choice.offer({})
        self._draw()
        self._allow_export(report is not None)

    def _draw(self) -> None:
        """Draw what is right and wrong, if that is wanted."""
        scores, comparison, pair = (
            self.live.scores,
            self.live.comparison,
            self.form.pair,
        )
        wanted = self.overlay_choice.wanted
        if not wanted or scores is None or comparison is None or pair is None:
            self._drawn = None
            self.overlay.hide()
            return
        rule = rule_of(scores.meaning, self.overlay_choice.target)
        drawn = (pair, comparison, rule)
        if drawn == self._drawn:
            self.overlay.refresh()
            return
        self._drawn = drawn
        self.overlay.show(
            judged_truth(comparison, scores.meaning),
            comparison.prediction,
            like=pair[0],
            offset=comparison.offset,
            rule=rule,
        )

    def _clear(self, sentence: str) -> None:
        """Show no scores, and say why."""
        self.cards.show_scores()
        self.tabs.show_scores(None)
        self.state.setText(sentence)
        self._draw()
        self._allow_export(False)

    def _on_progressed(self, fraction: float) -> None:
        self.state.setText(f"Counting pixels: {fraction:.0%}")

    def _allow_export(self, on: bool) -> None:
        tips = (
            "Copy the table in front, ready for a spreadsheet",
            "Save the scores as CSV, JSON, text, or a page with pictures",
        )
        buttons = (self.copy_button, self.export_button)
        for one, tip in zip(buttons, tips, strict=True):
            one.setEnabled(on)
            one.setToolTip(tip if on else "There are no scores yet")

    def _copy(self) -> None:
        report = self.report
        if report is not None:
            text = table_text(report, self.tabs.table, separator="\t")
            QApplication.clipboard().setText(text)
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
            write = self._export_job()
        except SegsuiteError as error:
            show_error(str(error))
            return
        # Pictures and thousands of objects take a while to write.
        threading.Thread(
            target=self._write, args=(write, Path(path + suffix)), daemon=True
        ).start()

    def _write(self, write: Callable[[Path], None], path: Path) -> None:
        problem = ""
        try:
            write(path)
        except SegsuiteError as error:
            problem = str(error)
        except Exception as error:  # the array's own reader may raise anything
            problem = f"The scores could not be saved: {error}"
        # The window may have closed meanwhile.
        with suppress(RuntimeError):
            self._written.emit(problem)

    def _on_written(self, problem: str) -> None:
        if problem:
            show_error(problem)
        else:
            show_info("The scores are saved.")


def _take_away(overlay: Overlay, pointer: Any, _destroyed: object = None) -> None:
    """Remove the layers that the dock drew."""
    overlay.hide()
    # The window may be closing, and the Qt half of the pointer be gone.
    with suppress(RuntimeError):
        pointer.hide()


def _sentence(where: str, scores: Scores) -> str:
    """Say what was scored and what the means hold."""
    report = scores.report
    if report is None:
        return (
            f"These layers hold {len(scores.ids):,} different ids: objects, it seems. "
            f"Choose that ids are objects; up to {MOST_IDS:,} classes are scored."
        )
    overlap = report.overlap
    if not overlap.n_scored:
        return f"{where}: nothing is painted there, so there is nothing to score."
    if report.instances is not None:
        n_true, n_pred = report.instances.n_true, report.instances.n_pred
        return f"{where}: {n_true:,} true and {n_pred:,} predicted objects."
    if overlap.ignore_id is None:
        scored = "all pixels"
    else:
        share = 100 * overlap.share_scored
        percent = "less than 0.1" if share < 0.1 else f"{share:.1f}"
        scored = f"only painted pixels, {percent}\N{NO-BREAK SPACE}%"
    names = [c.name for c in report.classes if c.id == overlap.background_id]
    means = f"means without {names[0]}" if names else "means over all classes"
    return f"{where}: {scored}; {means}."
