"""The buttons below the scores: into the clipboard, or into a file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QApplication, QFileDialog, QHBoxLayout, QWidget

from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.widgets.dock import button
from napari_segsuite.widgets.measure.export import FILTERS, export_report, table_text
from napari_segsuite.widgets.measure.form import MetricsForm
from napari_segsuite.widgets.measure.live_scores import LiveScores
from napari_segsuite.widgets.measure.shown_slice import pictures_of
from napari_segsuite.widgets.measure.summary import summary
from napari_segsuite.widgets.measure.tabs import Tabs


class ExportRow(QWidget):
    """Copies or saves the scores that are shown.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        The viewer, unwrapped.
    form : MetricsForm
        What is scored.
    live : LiveScores
        The scores.
    tabs : Tabs
        Say which table is in front.
    """

    _written = Signal(str)

    def __init__(
        self, viewer: Any, form: MetricsForm, live: LiveScores, tabs: Tabs
    ) -> None:
        super().__init__()
        self._viewer, self._form, self._live, self._tabs = viewer, form, live, tabs
        self.copy_button = button("Copy", "", self._copy)
        self.export_button = button("Export…", "", self._ask_and_export)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.copy_button)
        layout.addWidget(self.export_button)
        self._written.connect(self._on_written)

    def allow(self, on: bool) -> None:
        """Let people press the buttons, or say why not."""
        tips = (
            "Copy the table in front, ready for a spreadsheet",
            "Save the scores as CSV, JSON, text, or a page with pictures",
        )
        buttons = (self.copy_button, self.export_button)
        for one, tip in zip(buttons, tips, strict=True):
            one.setEnabled(on)
            one.setToolTip(tip if on else "There are no scores yet")

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
            self._live.scores,
            self._live.comparison,
            self._form.pair,
        )
        if scores is None or scores.report is None or not comparison or not pair:
            msg = "There are no scores to export yet. Pick two Labels layers first."
            raise InputError(msg)
        report, meaning, table = scores.report, scores.meaning, self._tabs.table
        about = {
            "truth": pair[0].name,
            "prediction": pair[1].name,
            "scored": summary(comparison.where, scores),
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

    def _copy(self) -> None:
        scores = self._live.scores
        if scores is not None and scores.report is not None:
            text = table_text(scores.report, self._tabs.table, separator="\t")
            QApplication.clipboard().setText(text)
            show_info("The scores are in the clipboard.")

    def _ask_and_export(self) -> None:
        name = f"{self._form.prediction.currentText()} scores.csv".replace("/", "-")
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
