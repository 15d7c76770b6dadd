"""Surface distances in the dock: measured when wanted, shown as cards."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QCheckBox, QProgressBar, QVBoxLayout, QWidget

from napari_segsuite.errors import InputError
from napari_segsuite.metrics import SurfaceReport
from napari_segsuite.metrics.surfaces.report import SCORES
from napari_segsuite.widgets.dock import button, holder, plain_label, row
from napari_segsuite.widgets.measure.cards import Cards
from napari_segsuite.widgets.measure.choice import Scores
from napari_segsuite.widgets.measure.live_surfaces import LiveSurfaces
from napari_segsuite.widgets.measure.pair import Comparison
from napari_segsuite.widgets.measure.surface_scores import grid_of, unit_of

if TYPE_CHECKING:
    from napari_segsuite.widgets.measure.form import MetricsForm
    from napari_segsuite.widgets.measure.live_scores import LiveScores

# What takes longer shows how far it is, and can be cancelled.
_PATIENCE_S = 1.0
_STEPS = 1000


class SurfacePanel(QWidget):
    """A box to tick; while it is, the surfaces of the scores shown are measured.

    Parameters
    ----------
    form : MetricsForm
        What is scored.
    live : LiveScores
        Where scores come from, and where surfaces are added to them.
    parent : QWidget, optional
        The Qt parent.
    """

    def __init__(
        self, form: MetricsForm, live: LiveScores, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._form, self._live = form, live
        self._shown: tuple[SurfaceReport, Scores, Comparison] | None = None
        self.work = LiveSurfaces(self)
        self.box = QCheckBox("Surface distances")
        self.box.setToolTip(
            "How far the outlines of truth and prediction lie apart, and how much of\n"
            "them agrees. Takes longer than the other scores: measured whenever\n"
            "painting rests."
        )
        self.cards = Cards()
        self.cards.show_scores(None, "surfaces")
        self.bar = QProgressBar()
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.bar.setToolTip("How much of the surfaces is measured")
        self.cancel = button(
            "Cancel", "Measure no surfaces", lambda: self.box.setChecked(False)
        )
        self.waiting = holder(row(self.bar, self.cancel, grow=False))
        self.words = plain_label()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for widget in (self.box, self.cards, self.waiting, self.words):
            layout.addWidget(widget)
        for widget in (self.cards, self.waiting, self.words):
            widget.hide()
        self.box.toggled.connect(self._on_toggled)
        live.scored.connect(self._on_scored)
        live.cleared.connect(self._on_cleared)
        self.work.measured.connect(live.add_surfaces)
        self.work.progressed.connect(self._on_progressed)
        self.work.failed.connect(self._say)

    @property
    def shown(self) -> SurfaceReport | None:
        """What is shown: of the newest scores, or, while they are measured, the last.

        None if surfaces are not wanted, or others than the last.
        """
        return None if self._shown is None else self._shown[0]

    def _on_toggled(self, wanted: bool) -> None:
        scores, comparison = self._live.scores, self._live.comparison
        if not wanted:
            self.work.stop()
            self._forget()
            self._live.drop_surfaces()
        elif scores is not None and comparison is not None:
            self._on_scored(scores, comparison)

    def _on_scored(self, scores: Scores, comparison: Comparison) -> None:
        pair = self._form.pair
        report = scores.report
        if not self.box.isChecked() or report is None or pair is None:
            self._forget()
            return
        if report.surfaces is not None:
            self._shown = report.surfaces, scores, comparison
            self._show(report.surfaces, objects=report.mode == "instances")
            return
        if self._shown is not None:
            _, before, where = self._shown
            if before.meaning != scores.meaning or where != comparison:
                self._forget()
        try:
            grid = grid_of(pair[0])
        except InputError as error:
            self._say(str(error))
            return
        # Until the new ones are there, the last are shown as what they are.
        self.cards.setEnabled(False)
        self.work.request(scores, comparison, grid)

    def _on_cleared(self, _sentence: str) -> None:
        self.work.stop()
        self._forget()

    def _on_progressed(self, part: float, seconds: float) -> None:
        self.bar.setValue(int(part * _STEPS))
        self.waiting.setVisible(seconds > _PATIENCE_S)

    def _show(self, report: SurfaceReport, *, objects: bool) -> None:
        self.waiting.hide()
        self.cards.setEnabled(True)
        means = {name: report.mean(name) for name in SCORES}
        unit = unit_of(report)
        self.cards.show_scores(means, "surfaces", unit=unit)
        self.cards.show()
        if all(math.isnan(value) for value in means.values()):
            self.words.setText(
                "No surface lies within what is scored: paint across the borders of "
                "classes, or score all pixels."
                if report.ignore_id is not None
                else "Neither layer has a surface there."
            )
        else:
            of = "matched objects" if objects else "classes"
            pixels = (
                "" if report.spacing else " The layers have no scale: set it for µm."
            )
            self.words.setText(
                f"Means over {of}. Borders within {report.tolerance:.3g} {unit} "
                f"agree.{pixels}"
            )
        self.words.show()

    def _say(self, sentence: str) -> None:
        self._forget()
        self.words.setText(sentence)
        self.words.show()

    def _forget(self) -> None:
        """Show no surfaces."""
        self._shown = None
        for widget in (self.cards, self.waiting, self.words):
            widget.hide()
