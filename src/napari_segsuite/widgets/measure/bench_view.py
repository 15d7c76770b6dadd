"""The model bench: which of several predictions is best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

from psygnal import Signal
from qtpy.QtCore import QModelIndex, Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QProgressBar,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from napari_segsuite.widgets.dock import button, plain_label, row
from napari_segsuite.widgets.measure.bench import Contender, Standing
from napari_segsuite.widgets.measure.bench_table import (
    NAME,
    RANK,
    SCORE,
    BarDelegate,
    BenchModel,
)
from napari_segsuite.widgets.measure.bench_thread import BenchThread
from napari_segsuite.widgets.measure.score_names import comparable, title
from napari_segsuite.widgets.measure.score_picker import ScorePicker

_PROGRESS_STEPS = 1000


class BenchView(QWidget):
    """Scores all predictions against one truth and ranks them.

    Parameters
    ----------
    contenders : callable
        Returns the predictions as they are now; called when the user presses Compare.
    parent : QWidget, optional
        The Qt parent.
    """

    layer_picked = Signal(object)
    """The user went to a row: the key of its contender."""

    def __init__(
        self,
        contenders: Callable[[], Sequence[Contender]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._contenders = contenders
        self._running: Sequence[Contender] = ()
        self._standings: list[Standing] = []
        self._stale = False
        self.run_button = button(
            "Compare",
            "Score every Labels layer that lies on the truth, and rank them",
            self._run_or_cancel,
        )
        self.picker = ScorePicker("The score that ranks the predictions.")
        self.bar = QProgressBar()
        self.bar.setRange(0, _PROGRESS_STEPS)
        self.bar.setTextVisible(False)
        self.bar.hide()
        self.model = BenchModel(self)
        self.table = self._made_table()
        self.words = plain_label()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row(self.picker, self.run_button, grow=False))
        layout.addWidget(self.bar)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.words)
        self._thread = BenchThread()
        self._thread.progressed.connect(self._on_progress)
        self._thread.scored.connect(self._on_scored)
        self._thread.ended.connect(self._on_ended)
        self.destroyed.connect(self._thread.cancel)
        self.picker.chosen.connect(self._show)
        self._show()

    def mark_stale(self) -> None:
        """Say that a layer has changed since: the ranks may be others now."""
        if self._standings and not self._stale:
            self._stale = True
            self._say()

    def stop(self) -> None:
        """End what is scored at present; what is there stays."""
        if self._thread.busy:
            self._thread.cancel()
            self._finish("Stopped: the others were not scored.")

    def _made_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.model)
        table.setItemDelegateForColumn(SCORE, BarDelegate(table))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        head = table.horizontalHeader()
        head.setMinimumSectionSize(16)
        head.setHighlightSections(False)
        modes = QHeaderView.ResizeMode
        head.setSectionResizeMode(RANK, modes.ResizeToContents)
        head.setSectionResizeMode(NAME, modes.Stretch)
        head.setSectionResizeMode(SCORE, modes.Stretch)
        table.selectionModel().currentRowChanged.connect(self._on_row)
        # Enter or a double click, to go there again.
        table.activated.connect(self._on_row)
        return table

    def _run_or_cancel(self) -> None:
        if self._thread.busy:
            self.stop()
            return
        self._running = self._contenders()
        self._standings, self._stale = [], False
        self._show()
        if not self._running:
            return
        self.run_button.setText("Cancel")
        self.bar.setValue(0)
        self.bar.show()
        self._thread.start(self._running)

    def _on_progress(self, index: int, part: float) -> None:
        self.bar.setValue(round(_PROGRESS_STEPS * part))
        self.words.setText(f"Scoring “{self._running[index].name}”")

    def _on_scored(self, standing: Standing) -> None:
        self._standings.append(standing)
        if standing.scores:
            # One may have no surfaces: what any has is offered.
            names = chain.from_iterable(one.scores for one in self._standings)
            self.picker.offer(comparable(dict.fromkeys(names)))
        self._show()

    def _on_ended(self, problem: str) -> None:
        self._finish(problem)

    def _finish(self, sentence: str) -> None:
        self.run_button.setText("Compare")
        self.bar.hide()
        self._running = ()
        self._say()
        if sentence:
            self.words.setText(sentence)

    def _show(self, _score: str = "") -> None:
        current = self.table.currentIndex()
        key = (
            self.model.standing(current.row()).contender.key
            if current.isValid()
            else None
        )
        self.model.show(self._standings, self.picker.score)
        self.picker.setVisible(bool(self.picker.score))
        self.table.setVisible(bool(self._standings))
        at = None if key is None else self.model.row_of(key)
        if at is not None:
            # Nobody has gone to another row: it has only moved.
            selection = self.table.selectionModel()
            selection.blockSignals(True)
            self.table.selectRow(at)
            selection.blockSignals(False)
        if not self._thread.busy:
            self._say()

    def _say(self) -> None:
        if self._stale:
            text = "Layers have changed since. Press Compare to score them again."
        elif not self._standings:
            text = (
                "Several predictions are compared with the truth here. Press Compare "
                "when there are two or more."
            )
        else:
            text = self._result()
        self.words.setText(text)

    def _result(self) -> str:
        scored = [one for one in self._standings if one.scores]
        parts = []
        if scored:
            best = self.model.standing(0).contender.name
            parts.append(f"Best {title(self.picker.score)}: “{best}”.")
        if len(scored) < len(self._standings):
            left = len(self._standings) - len(scored)
            parts.append(f"{left} could not be scored; their tooltips say why.")
        if len({one.contender.where for one in scored}) > 1:
            parts.append("Not all cover the same part: see their tooltips.")
        return " ".join(parts)

    def _on_row(self, current: QModelIndex, _last: object = None) -> None:
        if current.isValid():
            self.layer_picked.emit(self.model.standing(current.row()).contender.key)
