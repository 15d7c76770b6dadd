"""Prompts are answered, and what was seen is not looked at again."""

import os
import shutil

import numpy as np
import pytest

from napari_segsuite.data.prompts.planes import InputMap, PlaneRef
from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.scratch import Scratch
from napari_segsuite.engine.prompting.answering import Answering
from napari_segsuite.errors import Cancelled, InputError, ModelFolderError
from napari_segsuite.jobs.messages import Cancel
from napari_segsuite.jobs.prompting import EmbedPlane, SegmentPrompt
from napari_segsuite.runners.context import Cache, RunContext
from napari_segsuite.runners.inline import InlineRunner


@pytest.fixture
def runner():
    with InlineRunner() as runner:
        yield runner


@pytest.fixture
def context(tmp_path):
    cache, events = Cache(), []
    return lambda: RunContext(tmp_path, events.append, cache)


@pytest.fixture
def stack(tmp_path):
    planes = np.zeros((12, 8, 10), np.uint8)
    planes[:, 2:4, 2:5] = 100
    planes[1, 6, 6:9] = 50
    with Scratch(tmp_path) as scratch:
        yield scratch.save(planes, "ZYX")


def click(y, x, positive=True):
    return Click(y=y, x=x, positive=positive)


def ask(runner, model, plane, *clicks):
    job = SegmentPrompt(
        model=model, plane=plane, prompt=PlanePrompt(clicks=clicks), device="cpu"
    )
    return runner.submit(job).result()


def test_a_click_is_answered_with_three_masks(runner, flood_model, stack):
    plane = PlaneRef(image=stack, index=(1,))
    result = ask(runner, flood_model, plane, click(2, 2))
    assert [offer.score for offer in result.offers] == pytest.approx([0.9, 0.8, 0.7])
    assert (result.offers[0].mask.offset, result.offers[0].mask.shape) == (
        (2, 2),
        (2, 3),
    )
    assert result.offers[0].mask.area == 6
    # The fainter bar is brighter than the second threshold alone.
    areas = [o.mask.area for o in ask(runner, flood_model, plane, click(6, 7)).offers]
    assert areas == [0, 3, 0]


def test_planes_are_read_once(runner, flood_model, stack):
    plane = PlaneRef(image=stack, index=(3,))
    embed = EmbedPlane(model=flood_model, plane=plane, device="cpu")
    assert runner.submit(embed).result().source == "model"
    assert runner.submit(embed).result().source == "memory"
    assert ask(runner, flood_model, plane, click(2, 2)).source == "memory"


def test_another_plane_window_or_axis_is_another(context, flood_model, stack):
    answering = Answering(flood_model, "cpu", None, context())
    answering.embedded(PlaneRef(image=stack, index=(3,)))
    others = [
        PlaneRef(image=stack, index=(4,)),
        PlaneRef(
            image=stack, index=(3,), shown=InputMap(channels=(0,), windows=((0, 9),))
        ),
        PlaneRef(image=ArrayRef(path=stack.path, axes="TYX"), index=(3,)),
    ]
    for other in others:
        assert answering.embedded(other)[1] == "model"
        assert answering.embedded(other)[1] == "memory"


def test_a_changed_file_is_read_anew(context, flood_model, stack, tmp_path):
    plane = PlaneRef(image=stack, index=(0,))
    answering = Answering(flood_model, "cpu", None, context())
    answering.embedded(plane)
    new = tmp_path / "new.npy"
    np.save(new, np.zeros((12, 8, 10), np.uint8))
    before = stack.path.stat()
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.replace(stack.path)
    embedded, source = answering.embedded(plane)
    assert source == "model"
    assert embedded.grey.max() == 0


def test_zarr_folders_are_read_each_time(context, flood_model, tmp_path):
    import zarr

    array = zarr.create_array(tmp_path / "i.zarr", shape=(4, 4), dtype="u1")
    array[:] = 1
    plane = PlaneRef(image=ArrayRef(path=tmp_path / "i.zarr", axes="YX"))
    answering = Answering(flood_model, "cpu", None, context())
    assert answering.embedded(plane)[1] == "model"
    assert answering.embedded(plane)[1] == "model"


def test_few_planes_are_kept(context, flood_model, stack):
    answering = Answering(flood_model, "cpu", None, context())
    planes = [PlaneRef(image=stack, index=(z,)) for z in range(9)]
    for plane in planes:
        answering.embedded(plane)
    assert answering.embedded(planes[1])[1] == "memory"
    assert answering.embedded(planes[0])[1] == "model"
    assert answering.embedded(planes[2])[1] == "model"


def test_two_models_take_two_places_of_the_cache(context, flood_model, stack, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(flood_model, other)
    plane = PlaneRef(image=stack, index=(0,))
    for source in ("model", "memory"):
        for folder in (flood_model, other):
            answering = Answering(folder, "cpu", None, context())
            assert answering.embedded(plane)[1] == source


@pytest.mark.parametrize(
    ("clicks", "reason"),
    [
        ((), "Add a foreground click"),
        ((click(2, 2, positive=False),), "Add a foreground click"),
        ((click(2, 10),), "x 10 lies outside the image, which has 8 × 10"),
    ],
)
def test_what_cannot_be_answered_is_said(runner, flood_model, stack, clicks, reason):
    with pytest.raises(InputError, match=reason):
        ask(runner, flood_model, PlaneRef(image=stack, index=(0,)), *clicks)


def test_a_plane_that_is_not_there_is_said(runner, flood_model, stack, tmp_path):
    with pytest.raises(InputError, match="no plane 12 along Z, which has 12"):
        ask(runner, flood_model, PlaneRef(image=stack, index=(12,)), click(0, 0))
    gone = PlaneRef(image=ArrayRef(path=tmp_path / "no.npy", axes="YX"))
    with pytest.raises(InputError, match="There is no file"):
        ask(runner, flood_model, gone, click(0, 0))


def test_a_model_that_is_not_there_is_said(runner, tmp_path, stack):
    plane = PlaneRef(image=stack, index=(0,))
    with pytest.raises(ModelFolderError, match="There is no model"):
        ask(runner, tmp_path / "none", plane, click(2, 2))


def test_cancel_is_obeyed_before_the_model_is_asked(context, flood_model, stack):
    run = context()
    run.obey(Cancel(run="0" * 32))
    answering = Answering(flood_model, "cpu", None, run)
    with pytest.raises(Cancelled):
        answering.embedded(PlaneRef(image=stack, index=(0,)))
