"""The tables and curves of the Metrics dock, one tab each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from napari.layers import Labels
from qtpy.QtCore import QSize
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QComboBox, QTabWidget, QWidget

from napari_segsuite.metrics import Report, SurfaceReport
from napari_segsuite.widgets.layer_classes import color_of
from napari_segsuite.widgets.measure.bench import Contender
from napari_segsuite.widgets.measure.bench_view import BenchView
from napari_segsuite.widgets.measure.choice import Scores
from napari_segsuite.widgets.measure.class_scores import ClassTableModel, ClassTableView
from napari_segsuite.widgets.measure.contenders import contenders_of
from napari_segsuite.widgets.measure.form import MetricsForm
from napari_segsuite.widgets.measure.history import History, evaluation_of
from napari_segsuite.widgets.measure.history_view import HistoryView
from napari_segsuite.widgets.measure.live_scores import LiveScores
from napari_segsuite.widgets.measure.object_rows import no_rows
from napari_segsuite.widgets.measure.object_table import (
    ObjectTableModel,
    ObjectTableView,
)
from napari_segsuite.widgets.measure.pointer import Pointer
from napari_segsuite.widgets.measure.shown_slice import current_slice, go_to_slice
from napari_segsuite.widgets.measure.slice_curve import SliceCurve
from napari_segsuite.widgets.measure.surface_scores import grid_of


class Tabs(QTabWidget):
    """Shows scores in as many ways as make sense; only the tab in front is kept new.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        The viewer, unwrapped.
    form : MetricsForm
        What is scored.
    live : LiveScores
        Where scores come from.
    """

    def __init__(self, viewer: Any, form: MetricsForm, live: LiveScores) -> None:
        super().__init__()
        self._viewer, self._form, self._live = viewer, form, live
        self._scores: Scores | None = None
        self._surfaces: SurfaceReport | None = None
        self._mode: str | None = None
        self.history = History()
        self.classes = ClassTableModel(self)
        self.objects = ObjectTableModel(self)
        self.object_view = ObjectTableView(self.objects)
        self.curve = SliceCurve(viewer)
        self.history_view = HistoryView(viewer, self.history)
        self.bench = BenchView(self._contenders)
        self.pointer = Pointer(viewer, self)
        self.chooser = QComboBox()
        """In the place of the tabs where these do not fit; goes above them."""
        self.chooser.setToolTip("What is shown below")
        self.chooser.hide()
        self.setDocumentMode(True)
        self.setUsesScrollButtons(True)
        for page, title, tip in (
            (ClassTableView(self.classes), "Classes", "Scores of every class"),
            (self.object_view, "Objects", "What became of every object"),
            (self.curve, "Slices", "Scores slice by slice"),
            (self.history_view, "History", "Whether scores got better"),
            (self.bench, "Bench", "Several predictions side by side"),
        ):
            self.setTabToolTip(self.addTab(page, title), tip)
        self.currentChanged.connect(self._refresh)
        self.currentChanged.connect(self._choose)
        self.chooser.activated.connect(
            lambda row: self.setCurrentIndex(self.chooser.itemData(row))
        )
        self.object_view.picked.connect(self._on_object)
        self.pointer.missing.connect(self._on_missing)
        self.curve.slice_picked.connect(self._on_slice_picked)
        self.bench.layer_picked.connect(form.pick_prediction)
        live.slice_changed.connect(self._mark_slice)
        live.looks_changed.connect(self._refresh)
        self.show_scores(None)

    @property
    def table(self) -> str | None:
        """The table of the report that is in front; None for that of the mode."""
        names = {self.object_view: "objects", self.curve: "slices"}
        page = self.currentWidget()
        return "classes" if page is self.widget(0) else names.get(page)

    def show_scores(
        self, scores: Scores | None, surfaces: SurfaceReport | None = None
    ) -> None:
        """Show these scores, or none, and what was measured of surfaces last."""
        self._scores, self._surfaces = scores, surfaces
        report = None if scores is None else scores.report
        instances = report is not None and report.instances is not None
        sliced = report is not None and report.slices is not None
        self._offer(self.object_view, instances)
        self._offer(self.curve, sliced)
        mode = None if report is None else report.mode
        if mode is not None and mode != self._mode:
            self._mode = mode
            self.setCurrentWidget(self.object_view if instances else self.widget(0))
        if scores is None:
            self.pointer.hide()
        elif report is not None:
            self._remember(report)
        self.bench.mark_stale()
        self._refresh()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return less than the tabs together need: they can be scrolled."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), 120), hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Show a list in the place of tabs that do not fit."""
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        fits = self.tabBar().sizeHint().width() <= self.width()
        self.tabBar().setVisible(fits)
        self.chooser.setVisible(not fits)

    def _offered(self) -> list[tuple[int, str]]:
        """Return index and title of the pages that can be shown."""
        return [
            (index, self.tabText(index))
            for index in range(self.count())
            if self.isTabVisible(index)
        ]

    def _choose(self, index: int) -> None:
        self.chooser.setCurrentIndex(self.chooser.findData(index))

    def _offer(self, page: QWidget, on: bool) -> None:
        index = self.indexOf(page)
        if self.isTabVisible(index) == on and self.chooser.count():
            return
        self.setTabVisible(index, on)
        self.chooser.clear()
        for offered, title in self._offered():
            self.chooser.addItem(title, offered)
        self._choose(self.currentIndex())
        self._make_room()

    def _refresh(self, _index: int = 0) -> None:
        """Show what is new in the tab in front."""
        pair, page = self._form.pair, self.currentWidget()
        report = None if self._scores is None else self._scores.report
        if page is self.history_view:
            self.history_view.refresh()
        elif self._scores is None or report is None or pair is None:
            self.classes.show((), lambda _: "transparent")
            self.objects.show(no_rows(), lambda _side, _label: "transparent")
            self.curve.show_slices(None)
        elif page is self.object_view:
            self.objects.show(
                self._scores.objects, lambda side, label: color_of(pair[side], label)
            )
        elif page is self.curve:
            self._draw_slices(report, pair[0])
        else:
            self._list_classes(report, pair[0])

    def _list_classes(self, report: Report, truth: Labels) -> None:
        # Colours are looked up for the rows in view alone; with objects and segments,
        # a class has no colour of its own.
        plain = report.mode == "classes"
        segments = report.panoptic
        self.classes.show(
            report.classes,
            lambda label: color_of(truth, label) if label and plain else "transparent",
            None if segments is None else {one.id: one for one in segments.classes},
            # Objects have surfaces of their own, their class has none.
            None if report.mode == "instances" else self._surfaces,
        )

    def _draw_slices(self, report: Report, truth: Labels) -> None:
        slices = report.slices
        if slices is None:
            self.curve.show_slices(None)
            return
        label = str(truth.axis_labels[slices.axis])
        self.curve.show_slices(slices, label.upper() if label.isalpha() else "Slice")
        self._mark_slice()

    def _mark_slice(self) -> None:
        comparison, pair = self._live.comparison, self._form.pair
        slices = self._scores and self._scores.report and self._scores.report.slices
        if not slices or comparison is None or pair is None:
            return
        shown = current_slice(self._viewer, pair[0], slices.axis)
        self.curve.show_current(shown - comparison.offset[slices.axis])

    def _on_slice_picked(self, index: int) -> None:
        comparison, pair = self._live.comparison, self._form.pair
        slices = self._scores and self._scores.report and self._scores.report.slices
        if slices and comparison is not None and pair is not None:
            axis = slices.axis
            go_to_slice(self._viewer, pair[0], axis, index + comparison.offset[axis])

    def _on_object(self, side: int, label: int) -> None:
        comparison, pair = self._live.comparison, self._form.pair
        if comparison is None or pair is None:
            return
        part = (comparison.truth, comparison.prediction)[side]
        offset = tuple(cut.start for cut in part.window)
        self.pointer.lead_to(pair[side], part, label, offset)

    def _on_missing(self, label: int) -> None:
        self.object_view.note.setText(f"Object {label} is not there any more.")

    def _remember(self, report: Report) -> None:
        comparison, pair = self._live.comparison, self._form.pair
        if comparison is None or pair is None:
            return
        truth, prediction = pair
        evaluation = evaluation_of(
            report,
            truth=truth.name,
            prediction=prediction.name,
            metadata=prediction.metadata,
            scope=self._form.scope_wanted,
            where=comparison.where,
            time=datetime.now(UTC),
        )
        self.history.add(evaluation)

    def _contenders(self) -> list[Contender]:
        pair, scores = self._form.pair, self._scores
        if pair is None or scores is None:
            return []
        return contenders_of(
            self._viewer,
            pair[0],
            scores.meaning,
            self._form.scoped,
            # Surfaces compete where they are shown, and so can be measured.
            None if self._surfaces is None else grid_of(pair[0]),
        )
