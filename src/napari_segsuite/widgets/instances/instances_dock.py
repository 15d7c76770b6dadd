"""The Instances dock: objects, one id each, by Mask R-CNN."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QTabBar

from napari_segsuite.widgets.dock import Dock
from napari_segsuite.widgets.instances.find_panel import FindPanel
from napari_segsuite.widgets.instances.train_panel import TrainPanel
from napari_segsuite.widgets.prompt.reasons import keep_tip, tip_of
from napari_segsuite.widgets.session import Session


class InstancesDock(Dock):
    """Learn objects from a Labels layer under Train, find such objects under Find."""

    def __init__(self, napari_viewer: Any, session: Session | None = None) -> None:
        super().__init__(napari_viewer, session)
        self.train_panel = TrainPanel(self.session)
        self.find_panel = FindPanel(self.session)
        # No QTabWidget: it makes every page as high as the highest, so that the dock
        # scrolls for nothing, and cuts text that wraps.
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        for text, tip in (
            ("Train", "Learn to find objects from some that are drawn."),
            ("Find", "Find objects with a model."),
        ):
            self.tabs.setTabToolTip(self.tabs.addTab(text), tip)
        self.tabs.currentChanged.connect(self._turn)
        self.body.addWidget(self.tabs)
        self.body.addWidget(self.train_panel)
        self.body.addWidget(self.find_panel)
        self.body.addStretch(1)
        self._turn(0)
        train, find = self.train_panel, self.find_panel
        keyed = (train.train, train.stop, find.find)
        for one in keyed:
            one.setToolTip(tip_of(one))
        self.bind_key("Shift-N", train.train, train.stop)
        self.bind_key("Shift-I", find.find)
        for one in keyed:
            keep_tip(one)
        self.connections.add(self.ahead.loaded, train.curves.build)
        train.refresh()
        find.refresh()

    def warm_up(self) -> None:
        """Let the worker load what a Mask R-CNN needs."""
        self.session.warm_up_detectors()

    def _turn(self, page: int) -> None:
        """Show the page of a tab."""
        self.train_panel.setVisible(page == 0)
        self.find_panel.setVisible(page == 1)
