"""The part of the Prompt dock that follows objects through a stack."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QVBoxLayout, QWidget
from superqt import QLabeledRangeSlider

from napari_segsuite.errors import SegsuiteError
from napari_segsuite.jobs.prompting import FollowOptions
from napari_segsuite.widgets.connections import Connections
from napari_segsuite.widgets.dock import add_field, button, form, row, section
from napari_segsuite.widgets.forms import Form
from napari_segsuite.widgets.prompt.prompting import Prompting
from napari_segsuite.widgets.prompt.reasons import enable
from napari_segsuite.widgets.prompt.stack_following import StackFollowing, Way
from napari_segsuite.widgets.session import Session
from napari_segsuite.widgets.status_view import StatusView


class FollowPanel(QWidget):
    """Along which axis, from where to where, when to stop; hidden without a stack."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.prompting = session.shared(Prompting)
        self.following = session.shared(StackFollowing)
        self._sizes: tuple[int, ...] = ()
        self._leading = ""
        self.axis = QComboBox()
        self.axis.setMinimumContentsLength(2)
        self.axis.currentIndexChanged.connect(self._on_axis)
        self.range = QLabeledRangeSlider(Qt.Orientation.Horizontal)
        self.range.setEdgeLabelMode(QLabeledRangeSlider.EdgeLabelMode.NoLabel)
        self.range.setMinimumWidth(60)
        fields = form()
        add_field(
            fields, "Along", "The axis along which objects are followed.", self.axis
        )
        add_field(fields, "Slices", "The first and the last slice.", self.range)
        self.options = Form(FollowOptions())
        self.follow = button(
            "Follow (U)",
            "Follow the object in hand through the slices, both ways; without one, all "
            "objects that were committed from this slice. A background point alone on "
            "a slice means that the object ends before it.",
            self._follow,
        )
        self.cancel = button(
            "Cancel", "Stop; slices that are done are kept.", self.following.cancel
        )
        self.status = StatusView(self.following)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row(self.follow, self.cancel))
        layout.addLayout(fields)
        layout.addWidget(section("When to stop", self.options.native))
        layout.addWidget(self.status)
        self._connections = Connections(self)
        self._connections.add(self.prompting.changed, self.refresh)
        self._connections.add(self.following.changed, self.refresh)
        self._connections.add(self.following.work.changed, self.refresh)
        self.refresh()

    def way(self) -> Way:
        """Return the planes through which objects are followed.

        Raises
        ------
        InputError
            If no plane is in view.
        """
        index = self.prompting.index_shown()
        first, last = self.range.value()
        return Way(index, self.axis.currentIndex(), round(first), round(last))

    def refresh(self) -> None:
        """Show what can be followed now."""
        scene = self.prompting.scene
        leading = "" if scene is None else scene.picture.leading
        sizes = () if scene is None else scene.picture.shape[:-2]
        if (leading, sizes) != (self._leading, self._sizes):
            self._leading, self._sizes = leading, sizes
            self.axis.blockSignals(True)
            self.axis.clear()
            self.axis.addItems(list(leading))
            self.axis.setCurrentIndex(len(leading) - 1)
            self.axis.blockSignals(False)
            self._on_axis()
        self.setVisible(bool(leading))
        busy = self.following.busy
        reason = "" if busy else self._reason()
        enable(self.follow, not busy and not reason, reason or "it is running.")
        enable(self.cancel, busy, "nothing runs.")

    def _reason(self) -> str:
        prompting, work = self.prompting, self.following.work
        try:
            index = prompting.index_shown()
        except SegsuiteError as error:
            return str(error)
        if prompting.draft.empty and not any(index in o.prompts for o in work.objects):
            return "Click an object first, or go to a slice with committed objects."
        return ""

    def _on_axis(self, _index: int = 0) -> None:
        place = self.axis.currentIndex()
        if 0 <= place < len(self._sizes):
            last = max(1, self._sizes[place] - 1)
            self.range.setRange(0, last)
            self.range.setValue((0, last))

    def _follow(self) -> None:
        try:
            self.following.follow(self.way(), self.options.value)
        except SegsuiteError as error:
            self.prompting.told.emit(str(error))
