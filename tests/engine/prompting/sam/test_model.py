from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from segment_anything import SamPredictor
from segment_anything.modeling import Sam
from segment_anything.utils.amg import calculate_stability_score

from napari_segsuite.data.prompts.planes import InputMap
from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.prompting.sam.model import SamModel
from napari_segsuite.engine.prompting.sam.prompts import logits_of
from napari_segsuite.errors import InputError

EXACT = Compute(torch.device("cpu"), None, 1)

Build = Callable[..., Sam]


def picture(shape: tuple[int, ...], seed: int = 0) -> NDArray[np.uint8]:
    """Return smooth blobs: (Y, X) or (Y, X, 3)."""
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(seed).normal(size=shape)
    smooth = gaussian_filter(noise, (6, 6, 0)[: len(shape)])
    low, high = smooth.min(), smooth.max()
    return ((smooth - low) / (high - low) * 255).astype(np.uint8)


def seen(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return what the model sees of an image whose black is 0 and white is 255."""
    plane = image[None] if image.ndim == 2 else image.transpose(2, 0, 1)
    channels = tuple(range(len(plane)))
    return InputMap(channels=channels, windows=((0, 255),) * len(plane)).apply(plane)


def rgb(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.stack([image] * 3, -1) if image.ndim == 2 else image


CLICK = PlanePrompt(clicks=(Click(y=20, x=31.5),))
SQUARE = np.zeros((30, 24), np.bool_)
SQUARE[4:-3, 5:-6] = True
PROMPTS = {
    "click": (CLICK, {"point_coords": [[31.5, 20]], "point_labels": [1]}),
    "clicks": (
        PlanePrompt(clicks=(Click(y=20, x=31), Click(y=3, x=50, positive=False))),
        {"point_coords": [[31, 20], [50, 3]], "point_labels": [1, 0]},
    ),
    "box": (PlanePrompt(box=(10, 12, 40, 50)), {"box": [12, 10, 50, 40]}),
    "box and click": (
        PlanePrompt(box=(10, 12, 40, 50), clicks=(Click(y=20, x=31),)),
        {"box": [12, 10, 50, 40], "point_coords": [[31, 20]], "point_labels": [1]},
    ),
    "mask and click": (
        PlanePrompt(mask=MaskRuns.of(SQUARE, (6, 8)), clicks=(Click(y=20, x=31),)),
        {"mask_input": True, "point_coords": [[31, 20]], "point_labels": [1]},
    ),
    "mask": (
        PlanePrompt(mask=MaskRuns.of(SQUARE, (6, 8))),
        {"mask_input": True, "box": [13, 10, 26, 33]},
    ),
}
IMAGES = {
    "grey, wide": picture((60, 90)),
    "colour, tall": picture((150, 70, 3)),
    "grey, larger than the square": picture((300, 410)),
}


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
@pytest.mark.parametrize(("prompt", "meta"), PROMPTS.values(), ids=PROMPTS)
def test_masks_scores_and_stability_are_those_of_metas_predictor(
    image: NDArray[np.uint8],
    prompt: PlanePrompt,
    meta: dict[str, Any],
    small_sam: Build,
) -> None:
    predictor = SamPredictor(small_sam())
    predictor.set_image(rgb(image))
    model = SamModel(small_sam(), EXACT)
    embedded = model.embed(seen(image))
    given = {
        name: np.array(value) for name, value in meta.items() if name != "mask_input"
    }
    if prompt.mask is not None:
        given["mask_input"] = logits_of(prompt.mask, embedded.frame)[None].numpy()
    multimask = prompt is CLICK
    logits, scores, _ = predictor.predict(
        **given, multimask_output=multimask, return_logits=True
    )
    order = np.argsort(-scores)  # three for a click, one for all else

    offers = model.segment(embedded, prompt)

    assert embedded.shape == image.shape[:2]
    assert len(offers) == 3
    for offer, which in zip(offers, order, strict=False):
        mask = MaskRuns.of(offer.mask, offer.offset).on_plane(embedded.shape)
        odd = mask != (logits[which] > 0)
        assert 0 < mask.sum() < mask.size
        assert np.abs(logits[which][odd]).max(initial=0) < 1e-4
        assert offer.score == pytest.approx(scores[which], abs=1e-4)
        stability = calculate_stability_score(torch.tensor(logits[which]), 0.0, 1.0)
        assert offer.stability == pytest.approx(float(stability), abs=1e-3)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_other_dtypes_are_seen_through_their_window(
    dtype: type[np.generic], small_sam: Build
) -> None:
    image = picture((60, 90))
    # The same picture between 1000 and 1000 + 255 · 16.
    other = (image.astype(np.float64) * 16 + 1000).astype(dtype)
    window = InputMap(channels=(0,), windows=((1000, 1000 + 255 * 16),))
    model = SamModel(small_sam(), EXACT)

    torch.testing.assert_close(
        model.embed(window.apply(other[None])).features,
        model.embed(seen(image)).features,
    )


def test_prompts_without_doubt_offer_one_mask_then_the_two_best_of_three(
    small_sam: Build,
) -> None:
    image, box = picture((60, 90)), (10, 12, 40, 50)
    predictor = SamPredictor(small_sam())
    predictor.set_image(rgb(image))
    given = {"box": np.array([12, 10, 50, 40])}
    _, (alone,), _ = predictor.predict(**given, multimask_output=False)
    _, three, _ = predictor.predict(**given, multimask_output=True)
    model = SamModel(small_sam(), EXACT)
    offers = model.segment(model.embed(seen(image)), PlanePrompt(box=box))

    expected = [alone, *sorted(three, reverse=True)[:2]]
    assert [offer.score for offer in offers] == pytest.approx(expected, abs=1e-4)


def test_a_restored_embedding_answers_the_same(small_sam: Build) -> None:
    model = SamModel(small_sam(), EXACT)
    made = model.embed(seen(IMAGES["colour, tall"]))
    arrays = {name: values.copy() for name, values in made.arrays().items()}
    restored = SamModel(small_sam(), EXACT).restore(arrays, (150, 70))

    for one, other in zip(
        model.segment(made, CLICK), model.segment(restored, CLICK), strict=True
    ):
        assert (one.score, one.offset) == (other.score, other.offset)
        np.testing.assert_array_equal(one.mask, other.mask)


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"features": np.zeros((1, 32, 8, 9), np.float32)},
        {"features": np.zeros((1, 32, 8, 8), np.float64)},
    ],
)
def test_an_embedding_of_another_model_is_refused(
    arrays: dict[str, NDArray[Any]], small_sam: Build
) -> None:
    with pytest.raises(InputError, match="not one of this model"):
        SamModel(small_sam(), EXACT).restore(arrays, (10, 10))


def test_in_16_bits_masks_are_nearly_the_same(small_sam: Build) -> None:
    half = Compute(torch.device("cpu"), torch.bfloat16, 1)
    exact, fast = (SamModel(small_sam(), compute) for compute in (EXACT, half))
    plane = seen(IMAGES["grey, wide"])
    offers = [model.segment(model.embed(plane), CLICK) for model in (exact, fast)]

    for one, other in zip(*offers, strict=True):
        assert one.score == pytest.approx(other.score, abs=0.02)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (200, 3)])
def test_tiny_and_narrow_planes_are_answered(
    shape: tuple[int, int], small_sam: Build
) -> None:
    model = SamModel(small_sam(), EXACT)
    embedded = model.embed(np.full((1, *shape), 0.5, np.float32))
    offers = model.segment(embedded, PlanePrompt(clicks=(Click(y=0, x=0),)))

    assert embedded.shape == shape
    for offer in offers:
        bottom = np.add(offer.offset, offer.mask.shape)
        assert (bottom <= shape).all()
