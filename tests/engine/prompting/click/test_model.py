"""The model that ships inside, and its way through odd prompts."""

from __future__ import annotations

import json
import shutil
from typing import Any

import numpy as np
import pytest
import torch

from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.engine.device import Compute
from napari_segsuite.engine.prompting.click.model import ClickModel, build, load
from napari_segsuite.engine.prompting.click.network import ClickNet
from napari_segsuite.errors import InputError, ModelFolderError
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.shipment import SHIPPED

CPU = torch.device("cpu")


def _clicks(*clicks: tuple[float, float, bool]) -> PlanePrompt:
    return PlanePrompt(clicks=tuple(Click(y=y, x=x, positive=p) for y, x, p in clicks))


def _disc(
    shape: tuple[int, int], y: float, x: float, radius: float
) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.indices(shape)
    truth = np.hypot(rows - y, columns - x) < radius
    rng = np.random.default_rng(0)
    plane = 0.2 + 0.5 * truth + 0.05 * rng.normal(size=shape)
    return plane[None].clip(0, 1).astype(np.float32), truth


def _iou(candidate, truth: np.ndarray) -> float:
    mask = MaskRuns.of(candidate.mask, candidate.offset).on_plane(truth.shape)
    return np.count_nonzero(mask & truth) / np.count_nonzero(mask | truth)


@pytest.fixture(scope="module")
def shipped() -> ClickModel:
    folder = SHIPPED / "click-2d"
    return load(read_card(folder), folder, CPU)


@pytest.fixture(scope="module")
def raw() -> ClickModel:
    """Return a model with random weights, which finds nonsense everywhere."""
    torch.manual_seed(0)
    network = ClickNet((4, 6, 8), (1, 1)).eval()
    torch.nn.init.zeros_(network.masks.bias)
    return ClickModel(network, Compute(CPU, None, 1))


@pytest.mark.parametrize(
    ("shape", "y", "x", "radius"),
    [
        ((256, 256), 120, 100, 20),
        ((256, 256), 120, 100, 5),
        ((700, 800), 350, 400, 150),
        ((256, 256), 2, 100, 18),
        ((256, 256), 6, 100, 18),
        ((60, 50), 30, 25, 15),
    ],
    ids=[
        "middling",
        "tiny",
        "larger than the crop",
        "at the rim",
        "near the rim",
        "small plane",
    ],
)
def test_one_click_finds_a_disc(
    shipped: ClickModel,
    shape: tuple[int, int],
    y: float,
    x: float,
    radius: float,
) -> None:
    plane, truth = _disc(shape, y, x, radius)

    offered = shipped.segment(shipped.embed(plane), _clicks((y, x, True)))

    assert _iou(offered[0], truth) > 0.9


def test_inverted_and_coloured_discs_are_found(shipped: ClickModel) -> None:
    plane, truth = _disc((200, 200), 100, 90, 18)
    colour = np.concatenate([1 - plane, 0.8 * plane, 0.3 + 0 * plane])

    for shown in (1 - plane, colour):
        offered = shipped.segment(shipped.embed(shown), _clicks((100, 90, True)))
        assert _iou(offered[0], truth) > 0.8


def test_a_box_and_a_rough_mask_find_a_disc(shipped: ClickModel) -> None:
    plane, truth = _disc((256, 256), 120, 100, 20)
    embedded = shipped.embed(plane)
    rough = MaskRuns.of(np.ones((34, 34), bool), (106, 86))

    boxed = shipped.segment(embedded, PlanePrompt(box=(99.5, 79.5, 140.5, 120.5)))
    painted = shipped.segment(embedded, PlanePrompt(mask=rough))

    assert _iou(boxed[0], truth) > 0.8
    assert _iou(painted[0], truth) > 0.75


def test_the_same_prompt_has_the_same_answer_whatever_was_asked_before(
    shipped: ClickModel,
) -> None:
    plane, _ = _disc((256, 256), 120, 100, 20)
    prompt = _clicks((110, 95, True), (150, 100, False), (125, 110, True))
    used = shipped.embed(plane)
    for count in range(1, 4):
        shipped.segment(used, prompt.replace(clicks=prompt.clicks[:count]))

    again = shipped.segment(used, prompt)
    fresh = shipped.segment(shipped.embed(plane), prompt)

    assert [one.offset for one in again] == [one.offset for one in fresh]
    assert all(
        np.array_equal(a.mask, b.mask) for a, b in zip(again, fresh, strict=True)
    )


def test_what_was_seen_in_a_window_is_kept_for_the_next_click(
    unet: dict[str, Any],
) -> None:
    torch.manual_seed(0)
    network = ClickNet((4, 6, 8), (1, 1), unet).eval()
    assert network.sight is not None
    looks = []
    network.sight.register_forward_hook(lambda *_: looks.append(1))
    model = ClickModel(network, Compute(CPU, None, 1))
    plane, _ = _disc((256, 256), 120, 100, 20)
    embedded = model.embed(plane)

    box = PlanePrompt(box=(99.5, 79.5, 140.5, 120.5))
    model.segment(embedded, box)
    first = len(looks)
    kept = list(embedded.sights)
    model._look(embedded, box, kept, None)
    again = len(looks)
    for left in range(0, 200, 20):
        model.segment(embedded, PlanePrompt(box=(9.5, left - 0.5, 50.5, left + 40)))

    assert first >= 1
    assert again == first
    assert len(looks) > again
    assert len(embedded.sights) == 4


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (40, 50), (300, 200)])
@pytest.mark.parametrize(
    "prompt",
    [
        _clicks((0, 0, True)),
        _clicks((0, 0, False), (0, 0, True)),
        _clicks((0, 0, True), (0, 0, False), (0, 0, True)),
        PlanePrompt(box=(-0.5, -0.5, 0.5, 0.5)),
        PlanePrompt(mask=MaskRuns.of(np.ones((1, 1), bool))),
        PlanePrompt(
            box=(-0.5, -0.5, 0.5, 0.5), clicks=(Click(y=0, x=0, positive=False),)
        ),
    ],
    ids=["click", "away first", "contradiction", "box", "mask", "box and click"],
)
def test_odd_prompts_are_answered(
    raw: ClickModel, shape: tuple[int, int], prompt: PlanePrompt
) -> None:
    plane = np.random.default_rng(0).random((1, *shape), dtype=np.float32)

    offered = raw.segment(raw.embed(plane), prompt)

    assert 1 <= len(offered) <= 3
    scores = [one.score for one in offered]
    assert scores == sorted(scores, reverse=True)
    for one in offered:
        assert 0 <= one.score <= 1
        assert 0 <= one.stability <= 1
        assert one.offset[0] + one.mask.shape[0] <= shape[0]
        assert one.offset[1] + one.mask.shape[1] <= shape[1]


def test_hundreds_of_clicks_are_answered(raw: ClickModel) -> None:
    plane = np.random.default_rng(0).random((1, 60, 60), dtype=np.float32)
    clicks = [(float(i % 60), float(i // 60), i % 2 == 0) for i in range(1500)]

    offered = raw.segment(raw.embed(plane), _clicks(*clicks))

    assert 1 <= len(offered) <= 3


def test_background_clicks_alone_are_refused(raw: ClickModel) -> None:
    embedded = raw.embed(np.zeros((1, 20, 20), np.float32))

    with pytest.raises(InputError, match="does not say where"):
        raw.segment(embedded, _clicks((3, 3, False)))


def test_nothing_is_kept_on_disk(raw: ClickModel) -> None:
    embedded = raw.embed(np.zeros((3, 20, 30), np.float32))

    assert embedded.shape == (20, 30)
    assert embedded.arrays() == {}
    with pytest.raises(InputError, match="keeps nothing"):
        raw.restore({}, (20, 30))


def test_a_network_that_is_none_of_ours_is_refused() -> None:
    with pytest.raises(ModelFolderError, match="Update"):
        build({"class": "os.system", "arguments": {}})
    with pytest.raises(ModelFolderError, match="cannot be built"):
        build({"class": "segsuite.ClickNet", "arguments": {"depth": 3}})


def test_weights_of_another_network_are_refused(tmp_path, shipped: ClickModel) -> None:
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED / "click-2d", folder)
    card = json.loads((folder / "model.json").read_text())
    card["architecture"]["arguments"] = {"widths": [4, 6, 8], "depths": [1, 1]}
    (folder / "model.json").write_text(json.dumps(card))

    with pytest.raises(ModelFolderError, match="do not fit"):
        load(read_card(folder), folder, CPU)
