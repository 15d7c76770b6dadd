from __future__ import annotations

from math import isnan
from typing import Any, cast

import numpy as np
import pytest
import torch

from napari_segsuite.engine.inference import Classifier
from napari_segsuite.engine.objects.held_out import HeldOut
from napari_segsuite.engine.objects.validation import ObjectValidation
from napari_segsuite.plan.objects import ObjectReadout

READOUT = ObjectReadout(smoothing=0.0, min_area=1)


class Bright:
    """Takes bright pixels for foreground, and all of it for the inside."""

    def maps(self, image: torch.Tensor) -> torch.Tensor:
        return torch.stack([image[0], image[0]])


def score(regions: list[Any], held: list[HeldOut], pixels: int = 10_000) -> Any:
    examiner = ObjectValidation(regions, held, pixels, READOUT)
    return examiner.score(cast(Classifier, Bright()))


def everything(number: int, size: int) -> HeldOut:
    return HeldOut(number, (slice(0, size), slice(0, size)))


def test_scores_count_objects_and_pixels(region: Any) -> None:
    labels = np.zeros((20, 20), np.int32)
    labels[2:6, 2:6], labels[10:14, 10:14] = 1, 2
    image = (labels == 1).astype(np.float32)
    image[16:19, 2:5] = 1.0
    # One object is found, one is missed, one is wrong: F1 is 2 / (2 + 1 + 1).
    scores = score([region(labels, image)], [everything(0, 20)])
    assert scores.f1 == 0.5
    assert scores.dice == 2 * 16 / (2 * 16 + 9 + 16)


def test_objects_that_are_taken_for_one_count_as_mistakes(region: Any) -> None:
    labels = np.zeros((12, 12), np.int32)
    labels[2:6, 2:6], labels[6:10, 2:6] = 1, 2
    scores = score([region(labels)], [everything(0, 12)])
    assert scores.dice == 1.0
    assert scores.f1 == 2 / 3  # one of them is matched at an IoU of exactly 0.5


def test_what_is_not_annotated_is_not_scored(region: Any) -> None:
    labels = np.zeros((12, 12), np.int32)
    labels[2:6, 2:6] = 1
    labels[:, 8:] = -1
    image = (labels == 1).astype(np.float32)
    image[3:6, 9:11] = 1.0
    assert score([region(labels, image)], [everything(0, 12)]).f1 == 1.0


def test_large_parts_are_cut_down_and_enough_is_enough(region: Any) -> None:
    labels = np.zeros((100, 100), np.int32)
    labels[45:55, 45:55], labels[2:6, 2:6] = 1, 2
    image = (labels == 1).astype(np.float32)
    one = region(labels, image)
    # A quarter of 3600 pixels around the middle does not show the missed object.
    assert score([one], [everything(0, 100)], 3600).f1 == 1.0
    wrong = region(labels, np.zeros_like(image))
    held = [everything(0, 100)] * 4 + [everything(1, 100)]
    assert score([one, wrong], held, 3600).f1 == 1.0


def test_nothing_held_out_has_no_score() -> None:
    scores = score([], [])
    assert isnan(scores.f1)
    assert isnan(scores.dice)


class Shallow:
    """Says of all objects that they are not very deep, and of none that it ends."""

    def maps(self, image: torch.Tensor) -> torch.Tensor:
        return torch.stack([(image[0] > 0).float(), image[0]])


def test_the_readout_is_chosen_on_held_out_objects(region: Any) -> None:
    labels = np.zeros((8, 20), np.int32)
    labels[2:6, 2:8], labels[2:6, 8:14] = 1, 2
    image = np.where(labels > 0, 0.68, 0.0).astype(np.float32)
    image[2:6, 7:9] = 0.63
    held = [HeldOut(0, (slice(0, 8), slice(0, 20)))]
    for regions, wanted in (([region(labels, image)], 0.65), ([], READOUT.seed)):
        examiner = ObjectValidation(regions, held[: len(regions)], 10_000, READOUT)
        settled = examiner.settle(cast(Classifier, Shallow()))
        assert settled.readout == READOUT.replace(seed=wanted)
        assert isnan(settled.scores.f1) if not regions else settled.scores.f1 == 1.0


class Doubtful:
    """Takes what is not dark for foreground, as sure as it is bright."""

    def maps(self, image: torch.Tensor) -> torch.Tensor:
        return torch.stack([image[0], (image[0] > 0.5).float()])


def test_objects_that_are_rather_none_are_left_out(region: Any) -> None:
    labels = np.zeros((8, 20), np.int32)
    labels[2:6, 2:6], labels[2:6, 8:12] = 1, 2
    image = np.where(labels > 0, 0.95, 0.0).astype(np.float32)
    image[2:6, 8:12], image[2:6, 14:18] = 0.82, 0.72
    held = [HeldOut(0, (slice(0, 8), slice(0, 20)))]
    examiner = ObjectValidation([region(labels, image)], held, 10_000, READOUT)
    settled = examiner.settle(cast(Classifier, Doubtful()))
    # 0.75 and 0.8 leave out the wrong one alone; the lower is kinder.
    assert settled.readout.min_score == 0.75
    assert settled.scores.f1 == 1.0
    assert examiner.score(cast(Classifier, Doubtful())).f1 == 0.8


class Timid:
    """Is half as sure of the foreground as the image is bright."""

    def maps(self, image: torch.Tensor) -> torch.Tensor:
        return torch.stack([image[0] / 2, (image[0] > 0.5).float()])


def test_rims_are_moved_to_where_they_were_drawn(region: Any) -> None:
    labels = np.zeros((8, 12), np.int32)
    labels[2:6, 2:6] = 1
    # Dark around and bright inside, so that 0.4 and 0.45 find it, and 0.35 too much.
    image = np.full((8, 12), 0.76, np.float32)
    image[labels > 0] = 0.94
    held = [HeldOut(0, (slice(0, 8), slice(0, 12)))]
    examiner = ObjectValidation([region(labels, image)], held, 10_000, READOUT)
    assert examiner.score(cast(Classifier, Timid())).f1 == 0
    settled = examiner.settle(cast(Classifier, Timid()))
    assert settled.readout == READOUT.replace(foreground=0.4)
    assert settled.scores.f1 == 1.0


def test_more_is_looked_at_in_the_end(region: Any) -> None:
    labels = np.zeros((8, 8), np.int32)
    labels[2:6, 2:6] = 1
    seen = region(labels, np.where(labels > 0, 0.95, 0.0).astype(np.float32))
    missed = region(labels, np.zeros((8, 8), np.float32))
    held = [HeldOut(i, (slice(0, 8), slice(0, 8))) for i in (0, 0, 0, 0, 1)]
    examiner = ObjectValidation([seen, missed], held, 256, READOUT)
    classifier = cast(Classifier, Doubtful())
    assert examiner.score(classifier).f1 == 1.0
    # Four of five are found.
    assert examiner.settle(classifier).scores.f1 == pytest.approx(8 / 9)


def test_where_nothing_is_and_nothing_is_found_the_readout_stays(region: Any) -> None:
    empty = region(np.zeros((8, 8), np.int32), np.zeros((8, 8), np.float32))
    held = [HeldOut(0, (slice(0, 8), slice(0, 8)))]
    examiner = ObjectValidation([empty], held, 10_000, READOUT)
    settled = examiner.settle(cast(Classifier, Doubtful()))
    assert settled.readout == READOUT
    assert isnan(settled.scores.f1)
