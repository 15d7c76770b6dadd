"""The Metrics dock: scores of two Labels layers, live while one paints."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtGui import QResizeEvent, QShowEvent
from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from napari_segsuite.metrics import Report
from napari_segsuite.widgets.dock import plain_label
from napari_segsuite.widgets.layers import is_result
from napari_segsuite.widgets.measure.cards import Cards
from napari_segsuite.widgets.measure.choice import Scores
from napari_segsuite.widgets.measure.export_row import ExportRow
from napari_segsuite.widgets.measure.form import MetricsForm
from napari_segsuite.widgets.measure.live_scores import LiveScores
from napari_segsuite.widgets.measure.overlay import Overlay
from napari_segsuite.widgets.measure.overlay_choice import OverlayChoice
from napari_segsuite.widgets.measure.pair import Comparison
from napari_segsuite.widgets.measure.shown_slice import judged_truth, rule_of
from napari_segsuite.widgets.measure.summary import summary
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

    def __init__(
        self, napari_viewer: napari.viewer.Viewer, session: Session | None = None
    ) -> None:
        super().__init__()
        self.session = session or SESSIONS.of(napari_viewer)
        self._net = self.session.shared(SafetyNet)
        # napari hands out a proxy whose layers are proxies too.
        viewer: Any = getattr(napari_viewer, "__wrapped__", napari_viewer)
        self._viewer = viewer
        self._drawn: object = None
        self.form = MetricsForm(viewer)
        self.live = LiveScores(viewer, self.form, self)
        self.cards = Cards()
        self.state = plain_label()
        self.surfaces = SurfacePanel(self.form, self.live)
        self.overlay_choice = OverlayChoice()
        self.overlay = Overlay(viewer)
        self.tabs = Tabs(viewer, self.form, self.live)
        self.exports = ExportRow(viewer, self.form, self.live, self.tabs)
        self._lay_out()
        self.live.scored.connect(self._show)
        self.live.cleared.connect(self._clear)
        self.live.progressed.connect(self._on_progressed)
        self.overlay_choice.changed.connect(self._draw)
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
        """Write the scores shown to a file; see `ExportRow.export`."""
        self.exports.export(path)

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
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.form)
        layout.addWidget(self.cards)
        layout.addWidget(self.state)
        layout.addWidget(self.surfaces)
        layout.addWidget(self.overlay_choice)
        layout.addWidget(self.tabs.chooser)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.exports)

    def _show(self, scores: Scores, comparison: Comparison) -> None:
        self.form.show_meaning(scores)
        for layer in self.form.pair or ():
            # Results are kept from the first stroke on that corrects them.
            if not is_result(layer):
                self._net.keep(layer)
        report = scores.report
        self.cards.show_scores(scores.headline, scores.meaning.mode)
        self.state.setText(summary(comparison.where, scores))
        self.tabs.show_scores(None if report is None else scores, self.surfaces.shown)
        if scores.meaning.mode == "classes" and report is not None:
            classes = report.overlap.foreground[:_MOST_DRAWN]
            self.overlay_choice.offer({c.id: c.name for c in classes})
        else:
            self.overlay_choice.offer({})
        self._draw()
        self.exports.allow(report is not None)

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
        self.exports.allow(False)

    def _on_progressed(self, fraction: float) -> None:
        self.state.setText(f"Counting pixels: {fraction:.0%}")


def _take_away(overlay: Overlay, pointer: Any, _destroyed: object = None) -> None:
    """Remove the layers that the dock drew."""
    overlay.hide()
    # The window may be closing, and the Qt half of the pointer be gone.
    with suppress(RuntimeError):
        pointer.hide()
