"""The part of the Prompt dock that says what the model sees of the image."""

from __future__ import annotations

from typing import Any, Final

from psygnal import Signal
from qtpy.QtWidgets import QComboBox, QDoubleSpinBox, QVBoxLayout, QWidget

from napari_segsuite.data.prompts.planes import InputMap
from napari_segsuite.widgets.dock import add_field, button, form, plain_label, row
from napari_segsuite.widgets.prompt.picture import Picture
from napari_segsuite.widgets.prompt.reasons import enable
from napari_segsuite.widgets.prompt.seen import as_shown, remember, remembered

_COLOURS: Final = ("Red", "Green", "Blue")
_HUGE: Final = 1e12


class SeenPanel(QWidget):
    """Which channels are red, green and blue, and from which to which intensity."""

    changed = Signal()
    """The model is to see something else."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown = InputMap()
        """What the model sees."""
        self._picture: Picture | None = None
        self.channels = [self._channel() for _ in _COLOURS]
        self.lows = [_number("The intensity that counts as black.") for _ in _COLOURS]
        self.highs = [_number("The intensity that counts as white.") for _ in _COLOURS]
        self._form = form()
        for name, channel in zip(_COLOURS, self.channels, strict=True):
            tip = f"The channel that the model sees as {name.lower()}."
            add_field(self._form, name, tip, channel)
        self._windows = [
            row(low, high) for low, high in zip(self.lows, self.highs, strict=True)
        ]
        self.text = plain_label("How intensities become what the model sees.")
        self.as_shown = button(
            "Shown",
            "Let the model see what napari shows: its contrast limits.",
            self._take_limits,
        )
        self.automatic = button(
            "Auto",
            "From the darkest to the brightest thousandth of each slice.",
            self._take_percentiles,
        )
        for box in (*self.lows, *self.highs):
            box.valueChanged.connect(self._on_window)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._form)
        layout.addWidget(self.text)
        for line in self._windows:
            layout.addLayout(line)
        layout.addLayout(row(self.as_shown, self.automatic))

    def show_picture(self, picture: Picture | None) -> None:
        """Show what was chosen for an image, or suits it."""
        if picture is self._picture:
            return
        self._picture = picture
        self.shown = InputMap() if picture is None else remembered(picture)
        self._show()

    def _show(self) -> None:
        picture, shown = self._picture, self.shown
        count = 0 if picture is None else picture.channels
        several = count > 1
        for place, channel in enumerate(self.channels):
            channel.blockSignals(True)
            channel.clear()
            channel.addItem("none", None)
            for number in range(count):
                channel.addItem(f"channel {number}", number)
            there = place < len(shown.channels)
            channel.setCurrentIndex(shown.channels[place] + 1 if there else 0)
            channel.blockSignals(False)
            self._form.setRowVisible(place, several)
        for place, (low, high) in enumerate(zip(self.lows, self.highs, strict=True)):
            there = place < len(shown.windows)
            for box, value in zip((low, high), _at(shown, place), strict=True):
                box.setVisible(there)
                box.blockSignals(True)
                box.setValue(value)
                box.blockSignals(False)
        self.text.setText(
            "Intensities from … to:"
            if shown.windows
            else "Intensities: automatic, by percentiles 0.1 and 99.9."
        )
        limits = picture is not None and bool(as_shown(picture, shown.channels))
        enable(self.as_shown, limits, "napari shows this image without limits.")

    def _take_limits(self) -> None:
        if self._picture is not None:
            windows = as_shown(self._picture, self.shown.channels)
            self._set(self.shown.replace(windows=windows))

    def _take_percentiles(self) -> None:
        self._set(self.shown.replace(windows=()))

    def _on_channel(self, _index: int = 0) -> None:
        chosen = [channel.currentData() for channel in self.channels]
        channels = tuple(number for number in chosen if number is not None)
        if self._picture is None or not channels:
            self._show()
            return
        windows = as_shown(self._picture, channels) if self.shown.windows else ()
        self._set(InputMap(channels=channels, windows=windows))

    def _on_window(self, _value: float = 0) -> None:
        windows = tuple(
            (low.value(), high.value())
            for low, high in zip(self.lows, self.highs, strict=True)
        )[: len(self.shown.windows)]
        if all(low < high for low, high in windows):
            self._set(self.shown.replace(windows=windows))

    def _set(self, shown: InputMap) -> None:
        if shown != self.shown and self._picture is not None:
            self.shown = shown
            remember(self._picture, shown)
            self._show()
            self.changed.emit()

    def _channel(self) -> QComboBox:
        made = QComboBox()
        made.setMinimumContentsLength(4)
        made.currentIndexChanged.connect(self._on_channel)
        return made


def _at(shown: InputMap, place: int) -> tuple[float, float]:
    return shown.windows[place] if place < len(shown.windows) else (0.0, 1.0)


def _number(tip: str) -> Any:
    made = QDoubleSpinBox()
    made.setRange(-_HUGE, _HUGE)
    made.setDecimals(4)
    made.setMinimumWidth(50)
    made.setKeyboardTracking(False)
    made.setToolTip(tip)
    return made
