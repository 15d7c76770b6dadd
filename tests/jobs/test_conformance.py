"""What every kind of job must do; a new kind needs an example here."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.detections import PasteOptions
from napari_segsuite.data.panoptic import MergeOptions
from napari_segsuite.data.prompts.planes import InputMap, PlaneRef
from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.base import Job, Result, dump_job, job_types, load_job
from napari_segsuite.jobs.evaluation import Evaluate, EvaluateResult
from napari_segsuite.jobs.exchange import (
    ExportedLabels,
    ExportLabels,
    ImportedImage,
    ImportedLabels,
    ImportLabels,
)
from napari_segsuite.jobs.importing import DownloadModel, ImportedModel, ImportModel
from napari_segsuite.jobs.instances import (
    DetectInstances,
    DetectOptions,
    DetectorOptions,
    DetectResult,
    TrainMaskRCNN,
    TrainMaskRCNNResult,
)
from napari_segsuite.jobs.messages import (
    Finished,
    Submit,
    decode_reply,
    decode_request,
    encode,
)
from napari_segsuite.jobs.panoptic import (
    MergePanoptic,
    PanopticResult,
    PredictPanoptic,
)
from napari_segsuite.jobs.prediction import Predict, PredictOptions, PredictResult
from napari_segsuite.jobs.prompting import (
    EmbedPlane,
    EverythingOptions,
    Followed,
    FollowObjects,
    FollowOptions,
    SegmentEverything,
    SegmentPrompt,
)
from napari_segsuite.jobs.training import TrainingOptions, TrainResult, TrainUNet
from napari_segsuite.plan.maskrcnn import MaskRCNNChoices, MaskRCNNPlan
from napari_segsuite.plan.unet import PlanChoices, UNetPlan

RUN = "0" * 32
IMAGE = ArrayRef(path=Path("/data/ü 細胞.tif"), axes="ZYX", spacing=(2.0, 0.5, 0.5))
LABELS = ArrayRef(path=Path("/data/labels.npy"), axes="ZYX")
CLASSES = (
    ClassInfo(id=1, name="background", thing=False),
    ClassInfo(id=7, name="nucleus", color="#ff0000"),
)
PLANE = PlaneRef(
    image=IMAGE, index=(4,), shown=InputMap(channels=(0,), windows=((10.0, 99.5),))
)
PROMPT = PlanePrompt(
    clicks=(Click(y=3.5, x=4), Click(y=0, x=0, positive=False)),
    box=(1, 2, 30, 40),
    mask=MaskRuns(offset=(5, 6), shape=(1, 3), runs=(1, 2)),
)
EXAMPLES: list[Job[Any]] = [
    TrainUNet(
        images=(IMAGE, IMAGE),
        labels=(LABELS, LABELS),
        out=Path("/models/new"),
        start_from=Path("/models/old"),
        classes=CLASSES,
        unpainted_is_background=True,
        plan=PlanChoices(dimensions="3d", patch_size=64, spacing=0.5),
        training=TrainingOptions(max_seconds=10, loss="tversky", seed=3),
    ),
    TrainMaskRCNN(
        images=(IMAGE,),
        labels=(LABELS,),
        out=Path("/models/new"),
        annotated=((((0, 3), (0, 64), (8, 72)),),),
        classes=CLASSES,
        object_classes=({3: 7, 70_000: 1},),
        plan=MaskRCNNChoices(backbone="resnet18", object_size=12.5),
        training=DetectorOptions(max_epochs=3, device="cpu"),
    ),
    Predict(
        model=Path("/models/new"),
        image=IMAGE,
        out=Path("/out/labels.tif"),
        probabilities=Path("/out/probabilities.npy"),
        region=((0, 1), (10, 20), (10, 20)),
        options=PredictOptions(tile_size=256, device="cpu"),
    ),
    DetectInstances(
        model=Path("/models/new"),
        image=IMAGE,
        out=Path("/out/labels.tif"),
        detections=Path("/out/labels.detections.npz"),
        region=((0, 1), (10, 20), (10, 20)),
        options=DetectOptions(
            paste=PasteOptions(min_score=0.25, overlap="smaller"), link=False
        ),
    ),
    PredictPanoptic(
        model=Path("/models/tissue"),
        objects=Path("/models/cells"),
        image=IMAGE,
        out=Path("/out/labels.tif"),
        classes=CLASSES,
        object_class=7,
        merging=MergeOptions(stuff_area=0),
    ),
    MergePanoptic(
        semantic=LABELS,
        instances=LABELS,
        table=Path("/data/objects.csv"),
        classes=CLASSES,
        object_classes=CLASSES,
        out=Path("/out/labels.tif"),
        options=MergeOptions(least_score=0.25),
    ),
    ExportLabels(
        labels=LABELS,
        image_name="a.png",
        format="coco",
        out=Path("/out/a.json"),
        overwrite=True,
        table=Path("/data/objects.csv"),
        classes=CLASSES,
        shape="polygons",
    ),
    ImportLabels(
        source=Path("/data/a.zip"),
        format="imagej",
        out=Path("/out/labels"),
        image_name="a",
        shape=(3, 64, 72),
        axes="ZYX",
    ),
    Evaluate(truth=LABELS, prediction=LABELS, ignore_id=0, names={7: "nucleus"}),
    ImportModel(file=Path("/downloads/a.pth"), out=Path("/models/new"), licence="MIT"),
    DownloadModel(
        offer="sam-vit-b",
        out=Path("/models/new"),
        downloads=Path("/models/.downloads"),
        sha256="0f" * 32,
    ),
    EmbedPlane(model=Path("/models/click-2d"), plane=PLANE, cache=Path("/cache")),
    SegmentPrompt(model=Path("/models/click-2d"), plane=PLANE, prompt=PROMPT),
    FollowObjects(
        model=Path("/models/click-2d"),
        planes=(PLANE, PLANE),
        objects=(Followed(object=3, prompts={1: PROMPT}),),
        options=FollowOptions(fading=0.25),
    ),
    SegmentEverything(
        model=Path("/models/click-2d"),
        plane=PLANE,
        region=((0, 9), (3, 20)),
        options=EverythingOptions(min_size=5),
    ),
]
kinds = pytest.mark.parametrize("job", EXAMPLES, ids=lambda job: job.kind)


def test_every_kind_has_an_example():
    ours = {kind for kind in job_types() if not kind.startswith("toy-")}
    assert ours == {job.kind for job in EXAMPLES}


@kinds
def test_json_and_back(job):
    text = json.dumps(dump_job(job))
    assert load_job(json.loads(text)) == job


@kinds
def test_the_way_to_the_worker(job):
    line = encode(Submit(run=RUN, job=dump_job(job), scratch=Path("/scratch")))
    assert load_job(decode_request(line).job) == job


@kinds
def test_unknown_fields_are_refused(job):
    with pytest.raises(InputError, match="unheard_of"):
        load_job({**dump_job(job), "unheard_of": 1})


@kinds
def test_missing_fields_are_refused(job):
    required = [n for n, f in type(job).model_fields.items() if f.is_required()]
    assert required
    for name in required:
        values = dump_job(job)
        del values[name]
        with pytest.raises(InputError, match=name):
            load_job(values)


@kinds
def test_a_job_is_frozen(job):
    name = next(iter(type(job).model_fields))
    with pytest.raises(ValueError, match="frozen"):
        setattr(job, name, None)


@kinds
def test_every_field_says_what_it_is(job):
    described = {n for n, f in type(job).model_fields.items() if f.description}
    assert described == set(type(job).model_fields)


@kinds
def test_result_type_is_a_result(job):
    assert issubclass(job.result_type, Result)


def test_unknown_kinds_are_refused_with_the_known_ones():
    with pytest.raises(InputError, match=r"'magic'.*evaluate.*predict.*train-unet"):
        load_job({"kind": "magic"})
    with pytest.raises(InputError, match="None"):
        load_job({})


def test_only_training_can_stop_early():
    ours = {job.kind for job in EXAMPLES if job.stoppable}
    assert ours == {"train-unet", "train-maskrcnn"}


def test_kinds_are_listed_without_importing_their_handlers():
    done = python(
        "import sys; from napari_segsuite.jobs.base import job_types; job_types();"
        "print([m for m in sys.modules if m == 'torch' or '_segsuite.engine' in m])"
    )
    assert done == "[]"


def test_handlers_are_found():
    # In a process of its own: torch must not meet the canvas of other tests.
    done = python(
        "from napari_segsuite.jobs.base import job_types, resolve;"
        "jobs = [j.model_construct() for j in job_types().values()];"
        "print([j.kind for j in jobs if not callable(resolve(j))])"
    )
    assert done == "[]"


def python(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.check_output(command, text=True).strip()


PLAN = UNetPlan(
    ndim=2,
    channels=1,
    patch_size=(64, 64),
    strides=((1, 1), (2, 2)),
    features=(16, 32),
    batch_size=4,
    normalisation="percentile",
)
DETECTOR = MaskRCNNPlan(
    backbone="small",
    channels=1,
    normalisation="percentile",
    scale=1.6,
    object_size=20.5,
    anchor_sizes=(16, 32, 64, 128, 256),
    patch_size=(256, 256),
    batch_size=4,
    detections_per_patch=150,
)
RESULTS: list[Result] = [
    TrainMaskRCNNResult(
        model=Path("/models/new"),
        plan=DETECTOR,
        classes=CLASSES,
        epochs=2,
        steps=100,
        seconds=1.5,
        f1=math.nan,
    ),
    EvaluateResult(report={"mean": math.nan, "classes": [{"id": 1, "dice": 0.5}]}),
    TrainResult(
        model=Path("/models/new"),
        plan=PLAN,
        classes=CLASSES,
        epochs=2,
        steps=40,
        seconds=1.5,
        dice=math.nan,
        stopped=True,
    ),
    PredictResult(labels=LABELS, classes=CLASSES, seconds=0.5),
    DetectResult(
        labels=LABELS,
        table=Path("/data/labels.csv"),
        detections=Path("/data/labels.detections.npz"),
        classes=CLASSES,
        objects=3,
        seconds=0.5,
    ),
    PanopticResult(
        labels=LABELS,
        table=Path("/data/labels.csv"),
        classes=CLASSES,
        segments=4,
        dropped=1,
        void=17,
        seconds=0.5,
    ),
    ExportedLabels(out=Path("/out/a.json"), objects=3, seconds=0.5),
    ImportedLabels(
        images=(ImportedImage(name="a", labels=LABELS, table=Path("/data/a.csv")),),
        classes=CLASSES,
        objects=3,
        overlap=2,
        hidden=1,
        seconds=0.5,
    ),
    ImportedModel(
        folder=Path("/models/new"), title="A network", sha256="0f" * 32, seconds=1.5
    ),
]


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_results_find_the_way_back(result):
    line = encode(Finished(run=RUN, result=result.model_dump(mode="json")))
    arrived = type(result).model_validate(decode_reply(line).result)
    assert repr(arrived) == repr(result)
