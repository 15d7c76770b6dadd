"""The promptable model that ships inside."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors

from napari_segsuite.data.prompts.prompt import PlanePrompt
from napari_segsuite.engine.device import Compute, choose, one_thread_per_lane
from napari_segsuite.engine.prompting.click.candidates import Answer, candidates
from napari_segsuite.engine.prompting.click.crop import Window
from napari_segsuite.engine.prompting.click.maps import Hints, inputs
from napari_segsuite.engine.prompting.click.network import ClickNet
from napari_segsuite.engine.prompting.click.zoom import (
    Extent,
    better,
    elsewhere,
    first_window,
    fitting,
    holding,
)
from napari_segsuite.engine.prompting.model import Candidate, Plane
from napari_segsuite.engine.weights import own, put
from napari_segsuite.errors import InputError, ModelFolderError
from napari_segsuite.jobs.training import Device
from napari_segsuite.models.folder import read_verified
from napari_segsuite.models.prompt_card import PromptCard

ARCHITECTURE = "segsuite.ClickNet"
"""The class of the network in model cards."""

# From pixel by pixel, doublings reach objects of some 4000 pixels.
_MOST_LOOKS = 7
_KEPT_ANSWERS = 16
_KEPT_SIGHTS = 4
# Clicks that are answered one by one; all later ones are answered together.
_ONE_BY_ONE = 12
# An object that is expected to be met less well than this is looked at from nearer and
# from farther, too.
_UNSURE = 0.5
# The logit of what lies beside the plane.
_OUTSIDE = -20.0


class ClickPlane:
    """A plane, and what was answered about it.

    Parameters
    ----------
    plane : array of float32, (1, Y, X) or (3, Y, X)
        The plane.
    """

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        """The pixels."""
        self.answers: OrderedDict[PlanePrompt, Answer] = OrderedDict()
        """Answers to the last prompts: the next click goes on from there."""
        self.sights: OrderedDict[Window, torch.Tensor] = OrderedDict()
        """What the network saw in the last windows, whatever was clicked."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the plane."""
        return self.plane.shape[1], self.plane.shape[2]

    def arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        """Return nothing: a plane costs nothing to prepare."""
        return {}


class ClickModel:
    """Segments what is clicked, looking at a crop around it.

    Clicks are answered one after the other: each answer starts from the one before
    it, as the network was trained. So the same prompt always has the same answer.

    Parameters
    ----------
    network : ClickNet
        The network, in evaluation mode.
    compute : Compute
        Where it computes.
    """

    def __init__(self, network: ClickNet, compute: Compute) -> None:
        self._network = network
        self._compute = compute

    def embed(
        self, plane: Plane, check: Callable[[], None] = lambda: None
    ) -> ClickPlane:
        """Keep a plane for prompts."""
        return ClickPlane(plane)

    def restore(
        self, arrays: Mapping[str, npt.NDArray[Any]], shape: tuple[int, int]
    ) -> ClickPlane:
        """Refuse: there is nothing from which a plane could be restored.

        Raises
        ------
        InputError
            Always.
        """
        msg = "This model keeps nothing of a plane on disk; show it the plane again."
        raise InputError(msg)

    def segment(
        self, embedded: ClickPlane, prompt: PlanePrompt
    ) -> tuple[Candidate, ...]:
        """Return one to three masks of the object meant, the best first.

        Raises
        ------
        InputError
            If the prompt does not say where the object is.
        """
        if not prompt.says_where:
            msg = (
                "The prompt does not say where the object is. Click on it, drag a box "
                "around it, or paint it roughly."
            )
            raise InputError(msg)
        answer = self._answer(embedded, prompt)
        return candidates(answer, embedded.shape, prompt.clicks)

    def _answer(self, embedded: ClickPlane, prompt: PlanePrompt) -> Answer:
        kept = embedded.answers.get(prompt)
        if kept is not None:
            embedded.answers.move_to_end(prompt)
            return kept
        earlier = prompt.replace(clicks=prompt.clicks[:-1][:_ONE_BY_ONE])
        before = None
        if prompt.clicks and earlier.says_where:
            before = self._answer(embedded, earlier)
        answer = self._look_well(embedded, prompt, before)
        embedded.answers[prompt] = answer
        while len(embedded.answers) > _KEPT_ANSWERS:
            embedded.answers.popitem(last=False)
        return answer

    def _look_well(
        self, embedded: ClickPlane, prompt: PlanePrompt, before: Answer | None
    ) -> Answer:
        """Look, and look again from nearer or farther until the object is seen well."""
        start = _start(prompt, before, embedded.shape)
        answer = self._look(embedded, prompt, [start], before)[0]
        if before is None:
            for windows in elsewhere(start, embedded.shape):
                if float(answer.scores.max()) >= _UNSURE:
                    break
                found = [answer, *self._look(embedded, prompt, windows, before)]
                answer = max(found, key=lambda one: float(one.scores.max()))
        sides = {answer.window.side}
        while len(sides) < _MOST_LOOKS:
            extent = answer.extent()
            if extent is None:
                break
            window = better(answer.window, extent, embedded.shape, prompt.clicks)
            if window is None or window.side in sides:
                break
            sides.add(window.side)
            answer = self._look(embedded, prompt, [window], before)[0]
        return answer

    def _sights(
        self, embedded: ClickPlane, windows: Sequence[Window], crops: torch.Tensor
    ) -> torch.Tensor:
        """Return what the network sees there whatever is clicked, kept or new."""
        new = [i for i, window in enumerate(windows) if window not in embedded.sights]
        if new:
            for i, sight in zip(new, self._network.look(crops[new]), strict=True):
                embedded.sights[windows[i]] = sight
        found = torch.stack([embedded.sights[window] for window in windows])
        while len(embedded.sights) > _KEPT_SIGHTS:
            embedded.sights.popitem(last=False)
        return found

    def _look(
        self,
        embedded: ClickPlane,
        prompt: PlanePrompt,
        windows: Sequence[Window],
        before: Answer | None,
    ) -> list[Answer]:
        """Return what the network says about each window."""
        crops = torch.stack([window.take(embedded.plane) for window in windows])
        covered = [window.covered(embedded.shape) for window in windows]
        seen = [
            inputs(crop * shows, _hints(prompt, window, before))
            for crop, shows, window in zip(crops, covered, windows, strict=True)
        ]
        batch = torch.stack(seen).to(self._compute.device)
        batch = batch.contiguous(memory_format=torch.channels_last)
        with (
            torch.inference_mode(),
            self._compute.precision(),
            one_thread_per_lane(self._compute),
        ):
            sights = self._sights(embedded, windows, crops.to(self._compute.device))
            masks, scores = self._network(batch, sights)
        return [
            Answer(
                window,
                logits.masked_fill(~shows, _OUTSIDE),
                one,
            )
            for window, shows, logits, one in zip(
                windows,
                covered,
                masks.float().cpu(),
                scores.float().sigmoid().cpu(),
                strict=True,
            )
        ]


def load(card: PromptCard, folder: Path, device: torch.device) -> ClickModel:
    """Load the model from its folder, verified.

    Raises
    ------
    ModelFolderError
        If the folder is damaged, or the weights do not fit the network.
    """
    stored = read_verified(folder)
    network = build(stored.card.architecture)
    try:
        tensors = read_tensors(stored.weights)
        put(tensors, own(network))
    except (ValueError, SafetensorError) as error:
        msg = (
            f"The weights in {folder} do not fit the network that its card describes "
            f"({error}). Get a fresh copy of the model."
        )
        raise ModelFolderError(msg) from error
    network.eval().to(device)
    network.to(memory_format=torch.channels_last)
    return ClickModel(network, choose(cast(Device, device.type)))


def build(described: Mapping[str, Any]) -> ClickNet:
    """Build the network that a card describes, with random weights.

    Raises
    ------
    ModelFolderError
        If it is none of ours, or the arguments do not fit it.
    """
    name = described.get("class")
    if name != ARCHITECTURE:
        msg = (
            f"The model has a network of the class {name!r}; this version of "
            f"napari-segsuite knows {ARCHITECTURE}. Update napari-segsuite."
        )
        raise ModelFolderError(msg)
    try:
        return ClickNet(**described.get("arguments", {}))
    except (TypeError, ValueError, LookupError) as error:
        msg = (
            f"The network that the model describes cannot be built ({error}). Get a "
            "fresh copy of the model."
        )
        raise ModelFolderError(msg) from error


def _start(
    prompt: PlanePrompt, before: Answer | None, shape: tuple[int, int]
) -> Window:
    """Return where to look first."""
    if before is not None:
        extent = before.extent()
        if extent is not None:
            return holding(before.window, extent, prompt.clicks)
    if prompt.box is not None:
        return fitting(Extent(*prompt.box).with_clicks(prompt.clicks), shape)
    if prompt.mask is not None and prompt.mask.area:
        (top, left), (height, width) = prompt.mask.offset, prompt.mask.shape
        extent = Extent(top, left, top + height - 1, left + width - 1)
        return fitting(extent.with_clicks(prompt.clicks), shape)
    return first_window(prompt.clicks)


def _hints(prompt: PlanePrompt, window: Window, before: Answer | None) -> Hints:
    """Return the prompt as the network is told it."""
    clicks = tuple((*window.to_crop(c.y, c.x), c.positive) for c in prompt.clicks)
    box = None
    if prompt.box is not None:
        y0, x0, y1, x1 = prompt.box
        box = (*window.to_crop(y0, x0), *window.to_crop(y1, x1))
    mask = None
    if before is not None:
        mask = window.carry(before.best.sigmoid(), before.window)
    elif prompt.mask is not None and prompt.mask.area:
        rough = torch.from_numpy(prompt.mask.array().astype(np.float32))
        mask = window.place(rough, prompt.mask.offset)
    return Hints(clicks, box, mask)
