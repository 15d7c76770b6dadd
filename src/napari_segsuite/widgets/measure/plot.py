"""One small plot in the colours of the theme."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from napari.utils.theme import get_theme
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtCore import Signal as QtSignal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_segsuite.widgets.connections import Connections

_LOWEST: Final = 110
_HIGHEST: Final = 240
# Diameters of points, in pixels of the screen.
_POINT, _LARGE_POINT = 5, 9
# Room above and below a curve, as a part of its range; a flat one gets this much.
_PAD, _LEAST_RANGE = 0.08, 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """What a plot shows.

    Parameters
    ----------
    x, y : ndarray of float64, shape (points,)
        Where the points lie; where `y` is NaN the line has a gap.
    x_name : str
        What stands at the horizontal axis.
    points : bool
        Whether each point is drawn, not only the line.
    large : sequence of int
        Points that are drawn larger.
    whole_steps : bool
        Whether `x` counts something, so that only whole numbers stand at its axis.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    x_name: str
    points: bool = False
    large: Sequence[int] = ()
    whole_steps: bool = False


class Plot(QWidget):
    """A curve, and a line across it that marks a place.

    pyqtgraph is imported with the first curve only, and in a thread: it takes a good
    part of a second, for which the window must not wait.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose theme gives the colours.
    tip : str
        The tooltip.
    parent : QWidget, optional
        The Qt parent.
    """

    clicked = Signal(float)
    """The user clicked at this place of the horizontal axis."""

    _loaded = QtSignal()

    def __init__(self, viewer: Any, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._curve: Curve | None = None
        self._mark: float | None = None
        self._drawing: _Drawing | None = None
        self._loading = False
        self._loaded.connect(self._on_loaded)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.setMinimumHeight(_LOWEST)
        self.setMaximumHeight(_HIGHEST)
        self.setToolTip(tip)
        self._connections = Connections(self)
        self._connections.add_soon((viewer.events.theme,), self._draw)
        self.hide()

    @property
    def curve(self) -> Curve | None:
        """What is shown."""
        return self._curve

    @property
    def mark(self) -> float | None:
        """The marked place of the horizontal axis."""
        return self._mark

    def show_curve(self, curve: Curve | None) -> None:
        """Draw this curve; the plot hides without one."""
        self._curve = curve
        self.setVisible(curve is not None)
        self._draw()

    def show_mark(self, x: float | None) -> None:
        """Mark a place of the horizontal axis."""
        self._mark = x
        if self._drawing is not None:
            self._drawing.mark(x)

    def _draw(self) -> None:
        if self._curve is None:
            return
        if self._drawing is None:
            if self._loading:
                return
            if "pyqtgraph" not in sys.modules:
                self._load()
                return
            self._drawing = _Drawing(self.clicked.emit)
            self.layout().addWidget(self._drawing.widget)
            self._drawing.mark(self._mark)
        theme = get_theme(self._viewer.theme)
        self._drawing.draw(self._curve, theme.text.as_hex(), theme.current.as_hex())

    def _load(self) -> None:
        self._loading = True
        threading.Thread(target=self._import, name="segsuite-plot", daemon=True).start()

    def _import(self) -> None:
        import pyqtgraph  # noqa: F401

        # The window may have closed meanwhile.
        with suppress(RuntimeError):
            self._loaded.emit()

    def _on_loaded(self) -> None:
        self._loading = False
        self._draw()


class _Drawing:
    """The part of a plot that needs pyqtgraph.

    Parameters
    ----------
    on_click : callable
        Called with the place of the horizontal axis.
    """

    def __init__(self, on_click: Any) -> None:
        import pyqtgraph as pg

        self._pg = pg
        self._on_click = on_click
        self.widget = pg.GraphicsLayoutWidget()
        self.widget.setBackground(None)
        self.widget.setMinimumSize(60, 60)
        # Keys belong to whoever shows the plot.
        self.widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.widget.ci.layout.setContentsMargins(0, 0, 0, 0)
        self.plot = self.widget.addPlot()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(False, False)
        for side in ("left", "bottom"):
            self.plot.getAxis(side).enableAutoSIPrefix(False)
        self.plot.getAxis("left").setWidth(44)
        self.plot.getAxis("bottom").setHeight(30)
        self.line = self.plot.plot([], [])
        self.marker = pg.InfiniteLine(angle=90, movable=False)
        self.plot.addItem(self.marker, ignoreBounds=True)
        self.widget.scene().sigMouseClicked.connect(self._clicked)

    def draw(self, curve: Curve, text: str, accent: str) -> None:
        """Draw in these colours."""
        self.plot.getAxis("bottom").setLabel(curve.x_name)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(self._pg.mkPen(text))
            axis.setTextPen(self._pg.mkPen(text))
        # pyqtgraph warns of points without any finite place.
        some = np.isfinite(curve.y).any()
        x, y = (curve.x, curve.y) if some else (np.empty(0), np.empty(0))
        sizes = np.full(x.size, _POINT)
        sizes[[i for i in curve.large if i < x.size]] = _LARGE_POINT
        self.line.setData(
            x,
            y,
            pen=self._pg.mkPen(accent, width=2),
            connect="finite",
            symbol="o" if curve.points or x.size == 1 else None,
            symbolSize=sizes,
            symbolPen=None,
            symbolBrush=accent,
        )
        self.marker.setPen(self._pg.mkPen(text, width=1, style=Qt.PenStyle.DashLine))
        spacing = {"minor": 1, "major": 1} if _few(curve) else {}
        self.plot.getAxis("bottom").setTickSpacing(**spacing)
        self.plot.setXRange(*_range(curve.x, 0.0), padding=0.02)
        self.plot.setYRange(*_range(curve.y, _PAD), padding=0.0)

    def mark(self, x: float | None) -> None:
        """Mark a place, or none."""
        self.marker.setVisible(x is not None)
        if x is not None:
            self.marker.setValue(x)

    def _clicked(self, event: Any) -> None:
        if self.plot.sceneBoundingRect().contains(event.scenePos()):
            self._on_click(float(self.plot.vb.mapSceneToView(event.scenePos()).x()))


def _few(curve: Curve) -> bool:
    """Whether numbers between the whole ones would stand at the axis."""
    return curve.whole_steps and curve.x.size > 0 and bool(np.ptp(curve.x) < 5)


def _range(values: NDArray[np.float64], pad: float) -> tuple[float, float]:
    """Return the range of the finite values, never empty; (0, 1) without any."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    lacking = max(0.0, _LEAST_RANGE - (high - low)) / 2
    room = lacking + pad * (high - low)
    return low - room, high + room
