"""One click per nucleus on its middle slice, followed through the stack."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from real_images import SHARED
from results import table, write_section
from scipy.ndimage import distance_transform_edt

from napari_segsuite.data.formats import describe
from napari_segsuite.data.prompts.planes import PlaneRef
from napari_segsuite.data.prompts.prompt import Click, PlanePrompt
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.scratch import Scratch
from napari_segsuite.data.synthesis.nuclei import nuclei
from napari_segsuite.jobs.events import Event, FollowedPlane
from napari_segsuite.jobs.prompting import Followed, FollowObjects, FollowOptions
from napari_segsuite.models.library import Library, default_folder
from napari_segsuite.runners.process import ProcessRunner

_MODEL = "click-2d"


def clicks(truth: NDArray) -> tuple[Followed, ...]:
    """Return one click per object, deepest inside it on its middle slice."""
    objects = []
    for label in np.unique(truth[truth > 0]):
        inside = truth == label
        depths = np.flatnonzero(inside.any(axis=(1, 2)))
        z = int(depths[len(depths) // 2])
        depth = distance_transform_edt(np.pad(inside[z], 1))[1:-1, 1:-1]
        y, x = np.unravel_index(int(depth.argmax()), depth.shape)
        prompt = PlanePrompt(clicks=(Click(y=float(y), x=float(x)),))
        objects.append(Followed(object=int(label), prompts={z: prompt}))
    return tuple(objects)


def collector(found: NDArray) -> Callable[[Event], None]:
    """Return what writes the planes told into `found`; first come, first served."""

    def take(event: Event) -> None:
        if isinstance(event, FollowedPlane):
            plane = found[event.place]
            mask = event.mask.on_plane(plane.shape)
            plane[mask & (plane == 0)] = event.object

    return take


def ious(truth: NDArray, found: NDArray) -> list[float]:
    """Return the 3D IoU of each object of the truth with its own id in `found`."""
    values = []
    for label in np.unique(truth[truth > 0]):
        a, b = truth == label, found == label
        values.append(float((a & b).sum() / (a | b).sum()))
    return values


def measure(
    name: str, image: ArrayRef, truth: NDArray, runner: ProcessRunner
) -> list[object]:
    """Follow every object; return a row of the table."""
    planes = tuple(PlaneRef(image=image, index=(z,)) for z in range(len(truth)))
    found = np.zeros(truth.shape, np.int32)
    model = Library(default_folder()).find(_MODEL)
    job = FollowObjects(
        model=model, planes=planes, objects=clicks(truth), options=FollowOptions()
    )
    began = time.perf_counter()
    runner.submit(job, on_event=collector(found)).result()
    seconds = time.perf_counter() - began
    scores = ious(truth, found)
    return [
        name,
        " × ".join(map(str, truth.shape)),
        len(scores),
        f"{np.mean(scores):.3f}",
        f"{np.median(scores):.3f}",
        f"{np.mean(np.array(scores) >= 0.5):.0%}",
        f"{seconds:.1f}",
    ]


def one_object(runner: ProcessRunner, scratch: Scratch) -> float:
    """Return the seconds to follow one object through 50 slices of 512²."""
    rows, columns = np.ogrid[:512, :512]
    blob = np.hypot(rows - 256, columns - 256) < 20
    noise = np.random.default_rng(0).normal(0, 0.05, (50, 512, 512))
    stack = (blob + noise).astype(np.float32)
    image = scratch.save(stack, "ZYX")
    planes = tuple(PlaneRef(image=image, index=(z,)) for z in range(50))
    prompt = PlanePrompt(clicks=(Click(y=256, x=256),))
    job = FollowObjects(
        model=Library(default_folder()).find(_MODEL),
        planes=planes,
        objects=(Followed(object=1, prompts={25: prompt}),),
    )
    runner.submit(job).result()  # loads the model
    began = time.perf_counter()
    spans = runner.submit(job).result().spans
    if spans != {1: (0, 49)}:
        msg = f"the object was followed through {spans} only"
        raise SystemExit(msg)
    return time.perf_counter() - began


def main() -> None:
    """Measure and write the section."""
    volumes = SHARED / "data" / "volumes"
    with Scratch() as scratch, ProcessRunner(scratch=scratch) as runner:
        seconds = one_object(runner, scratch)
        image = describe(volumes / "nuclei3d_image.tif", axes="ZYX")
        truth = np.asarray(
            describe(volumes / "nuclei3d_labels.tif", labels=True, axes="ZYX").open()
        )
        rows = [measure("nuclei3d", image, truth, runner)]
        picture, labels = nuclei(
            np.random.default_rng(5), (24, 256, 256), (1, 0.5, 0.5), count=60, radius=6
        )
        rows.append(measure("synthetic", scratch.save(picture, "ZYX"), labels, runner))
    lines = table(
        [
            "volume",
            "planes × rows × columns",
            "objects",
            "mean 3D IoU",
            "median",
            "IoU ≥ 0.5",
            "seconds",
        ],
        rows,
    )
    lines += ["", f"One object through 50 slices of 512²: {seconds:.1f} s."]
    write_section("prompt_stacks", "Objects followed through stacks", lines)


if __name__ == "__main__":
    main()
