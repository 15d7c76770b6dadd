"""The Prompt dock: click an object, see its mask, commit it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QPushButton

from napari_segsuite.errors import InputError, SegsuiteError
from napari_segsuite.widgets.dock import (
    Dock,
    add_field,
    button,
    form,
    plain_label,
    row,
    section,
)
from napari_segsuite.widgets.layer_picker import ChannelPicker, LayerPicker
from napari_segsuite.widgets.layers import image_axes, is_result
from napari_segsuite.widgets.preferences import embeddings_folder, preferences
from napari_segsuite.widgets.prompt.asking import Scene
from napari_segsuite.widgets.prompt.canvas import mouse_callback
from napari_segsuite.widgets.prompt.everything_panel import EverythingPanel
from napari_segsuite.widgets.prompt.follow_panel import FollowPanel
from napari_segsuite.widgets.prompt.model_choice import ModelChoice
from napari_segsuite.widgets.prompt.models_box import ModelsBox
from napari_segsuite.widgets.prompt.object_panel import ObjectPanel
from napari_segsuite.widgets.prompt.object_work import ObjectWork
from napari_segsuite.widgets.prompt.offer_cards import OfferCards
from napari_segsuite.widgets.prompt.picture import Picture, same_picture
from napari_segsuite.widgets.prompt.pointing import Pointing
from napari_segsuite.widgets.prompt.prompting import Prompting
from napari_segsuite.widgets.prompt.reasons import enable, keep_tip, tip_of
from napari_segsuite.widgets.prompt.seen_panel import SeenPanel
from napari_segsuite.widgets.prompt.standing import standing
from napari_segsuite.widgets.prompt.targets import can_be_target
from napari_segsuite.widgets.session import Session

if TYPE_CHECKING:
    from napari_segsuite.jobs.training import Device


class PromptDock(Dock):
    """Choose an image and a model, click an object, commit its mask."""

    def __init__(self, napari_viewer: Any, session: Session | None = None) -> None:
        super().__init__(napari_viewer, session)
        self.prompting = self.session.shared(Prompting)
        self.pointing = self.session.shared(Pointing)
        self.work = self.session.shared(ObjectWork)
        self._told = ""
        self._build()
        self._bind()
        for signal, slot in (
            (self.image.picked, self._on_image),
            (self.channels.changed, self._look),
            (self.model.changed, self._look),
            (self.seen.changed, self._look),
            (self.prompting.changed, self._refresh),
            (self.prompting.told, self._tell),
            (self.cards.picked, self.prompting.choose),
        ):
            self.connections.add(signal, slot)
        callback = mouse_callback(self.viewer, self)
        self.viewer.mouse_drag_callbacks.append(callback)
        # A partial is held strongly by Qt: it outlives the widget's Python side.
        self.destroyed.connect(
            partial(_unlisten, self.viewer, callback, self.prompting)
        )
        self._on_image()

    def warm_up(self) -> None:
        """Start the worker that answers prompts; none is trained here."""
        self.session.warm_up_prompts()

    # What the mouse tells.

    def listening(self) -> bool:
        """Whether clicks on the canvas mean prompts now."""
        mine = self.prompting.listener == id(self)
        return bool(mine and self.isVisible() and self.clicking.isChecked())

    def boxing(self) -> bool:
        """Whether a drag means a box now."""
        return bool(self.boxes.isChecked())

    def clicked(self, position: NDArray[np.float64], *, opposite: bool) -> None:
        """Add a point."""
        self.pointing.click(position, opposite=opposite)

    def dragged(
        self, start: NDArray[np.float64], stop: NDArray[np.float64], *, done: bool
    ) -> None:
        """Draw the box; have it when it is done."""
        if done:
            self.pointing.box(start, stop)
        else:
            self.pointing.sketch_box(start, stop)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Take the mouse over from another Prompt dock of the window."""
        super().showEvent(event)
        self.prompting.listener = id(self)

    # The dock.

    def _build(self) -> None:
        self.image = LayerPicker(
            self.viewer, lambda la: isinstance(la, Image) and not is_result(la)
        )
        self.channels = ChannelPicker(self.viewer)
        self.model = ModelChoice(self.session)
        top = form()
        add_field(top, "Image", "The image to click in.", self.image)
        top.addRow(self.channels)
        add_field(top, "Model", "The model that makes the masks.", self.model)
        self.clicking = _toggle(
            "Click objects",
            "While this is on, a left click in the image is a prompt, and Shift+click "
            "the opposite; tools of layers, such as painting, are not disturbed.",
        )
        self.clicking.setChecked(True)
        self.polarity = button(
            "+ Object (G)",
            "What a click means: the object, or what is not the object.",
            self._switch,
        )
        self.boxes = _toggle("Box (N)", "Drag a box around the object.")
        self.scribbling = _toggle(
            "Scribble",
            "Paint a rough mask with napari's brush, in a layer of its own.",
        )
        self.scribbling.clicked.connect(self._scribble)
        self.from_labels = button(
            "From labels",
            "Take the selected object of the selected Labels layer as a rough mask, or "
            "that of the layer below.",
            self._from_labels,
        )
        self.cards = OfferCards()
        self.cycle = button(
            "Next (W)", "Take the next of the masks offered.", self.prompting.cycle
        )
        self.hide = button("Hide (H)", "Hide the mask, or show it.", self._hide)
        self.objects = ObjectPanel(self.session)
        self.follow = FollowPanel(self.session)
        self.everything = EverythingPanel(self.session)
        self.seen = SeenPanel()
        self.models = ModelsBox(self.session)
        self.status = plain_label("What runs, where, and what is ready.")
        body = self.body
        body.addLayout(top)
        body.addWidget(self.clicking)
        body.addLayout(row(self.polarity, self.boxes))
        body.addLayout(row(self.scribbling, self.from_labels))
        body.addWidget(self.cards)
        body.addLayout(row(self.cycle, self.hide))
        body.addWidget(self.status)
        body.addWidget(self.objects)
        body.addWidget(self.follow)
        body.addWidget(section("Everything", self.everything))
        body.addWidget(section("Model input", self.seen))
        body.addWidget(section("More models", self.models))
        body.addStretch(1)

    def _bind(self) -> None:
        panel = self.objects
        for key, pressed in (
            ("G", self.polarity),
            ("N", self.boxes),
            ("W", self.cycle),
            ("H", self.hide),
            ("K", panel.commit),
            ("Shift-K", panel.drop),
            ("J", panel.after),
            ("Shift-J", panel.before),
            ("Q", panel.next_class),
            ("U", self.follow.follow),
            ("Control-Z", panel.undo),
            ("Control-Shift-Z", panel.redo),
        ):
            # The tip may say already why the button cannot be pressed now.
            pressed.setToolTip(tip_of(pressed))
            self.bind_key(key, pressed)
            keep_tip(pressed)

    def _on_image(self, _layer: object = None) -> None:
        self.channels.offer_for(self.image.layer)
        self._look()

    def _look(self) -> None:
        """Prompt what is chosen now; say why if it cannot be."""
        self._told = ""
        try:
            self.prompting.look_at(self._scene())
        except SegsuiteError as error:
            self.prompting.look_at(None)
            self._told = str(error)
        card = self.model.card
        scene = self.prompting.scene
        if scene is not None and card is not None:
            self.work.committing.book.made_by(scene, card.weights.sha256)
        self._refresh()

    def _scene(self) -> Scene:
        image, model = self.image.layer, self.model.folder
        if image is None:
            msg = "Open an image first: drop a file here, or File ▸ Open Sample."
            raise InputError(msg)
        if self.model.problem:
            raise InputError(self.model.problem)
        if model is None:
            msg = "No promptable model is there: open a model folder under Model."
            raise InputError(msg)
        picture = Picture(self.channels.with_image(image), image_axes(image))
        before = self.prompting.scene
        if before is not None and same_picture(before.picture, picture):
            picture = before.picture
        self.seen.show_picture(picture)
        return Scene(
            picture=picture,
            shown=self.seen.shown,
            model=model,
            device=cast("Device", preferences().device),
            cache=embeddings_folder(),
        )

    def _scribble(self) -> None:
        scene = self.prompting.scene
        if scene is not None and self.scribbling.isChecked():
            self.prompting.screen.scribble.begin(scene.picture)
        else:
            self.scribbling.setChecked(False)
            layer = self.prompting.screen.scribble.layer
            if layer is not None:
                layer.mode = "pan_zoom"

    def _from_labels(self) -> None:
        active = self.viewer.layers.selection.active
        layer = active if can_be_target(active) else self.objects.labels.layer
        if layer is None:
            self._tell("Open or make a Labels layer first, and select an object in it.")
        else:
            self.pointing.mask_from(layer)

    def _switch(self) -> None:
        self.prompting.set_positive(not self.prompting.positive)

    def _hide(self) -> None:
        self.prompting.show_masks(not self.prompting.screen.shows_masks)

    def _tell(self, text: str) -> None:
        self._told = text
        self._refresh()

    def _refresh(self) -> None:
        prompting = self.prompting
        positive = prompting.positive
        self.polarity.setText("+ Object (G)" if positive else "− Other (G)")
        self.hide.setText("Hide (H)" if prompting.screen.shows_masks else "Show (H)")
        try:
            index = prompting.index_shown()
        except SegsuiteError as error:
            index, trouble = None, str(error)
        else:
            trouble = ""
        offers = () if index is None else prompting.masks.offers_at(index)
        chosen = 0 if index is None else prompting.masks.chosen_at(index)
        self.cards.show_offers(offers, chosen)
        several = "the model offers one mask at most; a single click may get three."
        enable(self.cycle, len(offers) > 1, several)
        text = self._told or trouble
        if prompting.scene is not None:
            text = "\n".join(line for line in (text, standing(prompting)) if line)
        self.status.setText(text)


def _toggle(text: str, tip: str) -> QPushButton:
    made = button(text, tip, lambda: None)
    made.setCheckable(True)
    return made


def _unlisten(
    viewer: Any, callback: Any, prompting: Prompting, _destroyed: object = None
) -> None:
    if callback in viewer.mouse_drag_callbacks:
        viewer.mouse_drag_callbacks.remove(callback)
    # Not now: the window may be closing, and its layers with it.
    prompting.session.in_gui(prompting.leave)
