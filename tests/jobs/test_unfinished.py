"""The job that goes on with an unfinished training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.errors import InputError, ModelFolderError
from napari_segsuite.jobs.base import dump_job
from napari_segsuite.jobs.evaluation import Evaluate
from napari_segsuite.jobs.training import TrainUNet
from napari_segsuite.jobs.unfinished import begun
from napari_segsuite.models.card import EpochRecord
from napari_segsuite.models.unfinished import Position, Spent, Standing, Unfinished

ARRAY = ArrayRef(path=Path("/data/a.npy"), axes="YX")


def remembered(job: dict[str, Any]) -> Unfinished:
    record = EpochRecord(epoch=1, step=20, seconds=1, loss=0.5, dice=0.8)
    return Unfinished(
        job=job,
        data="0" * 64,
        position=Position(
            epoch=1,
            step=20,
            progress=0.5,
            spent=Spent(seconds=1, ready=0.5, cut_short=None),
            chance={},
        ),
        standing=Standing(highest=0.8, highest_epoch=1, best=record),
    )


def test_the_folder_may_have_moved() -> None:
    job = TrainUNet(images=(ARRAY,), labels=(ARRAY,), out=Path("/old"), name="n")
    found = begun(Path("/new"), remembered(dump_job(job)), TrainUNet)
    assert found == job.replace(out=Path("/new"))


def test_only_a_training_is_resumed() -> None:
    job = dump_job(Evaluate(truth=ARRAY, prediction=ARRAY))
    with pytest.raises(ModelFolderError, match="of the kind 'evaluate'"):
        begun(Path("/new"), remembered(job), TrainUNet)


@pytest.mark.parametrize("job", [{}, {"kind": "train-unet"}, {"kind": "os.system"}])
def test_a_job_that_is_none_is_refused(job: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        begun(Path("/new"), remembered(job), TrainUNet)
