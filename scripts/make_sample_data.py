"""Write the files of sample_data/ from the generator that the samples use."""

from __future__ import annotations

import argparse
import io
from gzip import GzipFile
from pathlib import Path

import nibabel
import numpy as np
import tifffile
from PIL import Image

from napari_segsuite.data.samples import Sample, class_truth, make

README = """\
# Sample data

Small files to try napari-segsuite on, made by `scripts/make_sample_data.py` from the
same generator as the samples of napari's menu. They may be used for anything (CC0).

| files | what |
|---|---|
| `shapes/images`, `shapes/labels` | 8 pictures of noisy disks; labels: 1 background, 2 disk |
| `fluorescence.tif` | touching nuclei in fluorescence, 0.25 µm per pixel |
| `fluorescence_objects.tif`, `fluorescence_classes.tif` | the truth: an id for each nucleus; 1 background, 2 nucleus |
| `nuclei3d.tif` | a stack of touching nuclei, 1 × 0.4 × 0.4 µm per voxel |
| `nuclei3d_objects.tif`, `nuclei3d_classes.tif` | its truth |
| `ct.nii.gz` | a CT-like volume in Hounsfield units, 5 × 3 × 3 mm per voxel |
| `ct_labels.nii.gz` | its truth: 1 background, 2 lung, 3 liver, 4 kidney, 5 spine, 6 aorta |
"""  # noqa: E501 - rows of a table cannot be broken


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(__file__).resolve().parents[1] / "sample_data"
    parser.add_argument("--out", type=Path, default=default)
    write(parser.parse_args().out)


def write(out: Path) -> None:
    """Write all files into `out`, over those of an earlier run."""
    (out / "shapes" / "images").mkdir(parents=True, exist_ok=True)
    (out / "shapes" / "labels").mkdir(exist_ok=True)
    shapes = make("shapes")
    for number, picture in enumerate(shapes.image, start=1):
        name = f"shapes_{number}.png"
        Image.fromarray(picture).save(out / "shapes" / "images" / name)
        labels = class_truth(shapes)[number - 1]
        Image.fromarray(labels).save(out / "shapes" / "labels" / name)
    for key in ("fluorescence", "nuclei3d"):
        sample = make(key)
        write_tiff(out / f"{key}.tif", sample.image, sample)
        write_tiff(out / f"{key}_objects.tif", sample.truth, sample)
        write_tiff(out / f"{key}_classes.tif", class_truth(sample), sample)
    ct = make("ct")
    write_nifti(out / "ct.nii.gz", ct.image, ct)
    write_nifti(out / "ct_labels.nii.gz", class_truth(ct), ct)
    (out / "README.md").write_text(README, encoding="utf-8")


def write_tiff(path: Path, array: np.ndarray, sample: Sample) -> None:
    """Write an OME-TIFF that is the same, byte for byte, on every run."""
    metadata: dict[str, object] = {
        "axes": sample.axes,
        # Without one, a random identifier would be written.
        "UUID": "urn:uuid:00000000-0000-0000-0000-000000000000",
    }
    for letter, step in zip(sample.axes, sample.spacing, strict=True):
        metadata[f"PhysicalSize{letter}"] = step
        metadata[f"PhysicalSize{letter}Unit"] = "µm"
    tifffile.imwrite(
        path,
        array,
        ome=True,
        metadata=metadata,
        compression="zlib",
        predictor=True,
        photometric="minisblack",
        datetime=False,
    )


def write_nifti(path: Path, array: np.ndarray, sample: Sample) -> None:
    """Write a NIfTI volume in the order x, y, z, with its spacing in millimetre."""
    steps = [step / 1000 for step in reversed(sample.spacing)]
    image = nibabel.Nifti1Image(array.T, np.diag([*steps, 1.0]))
    image.header.set_xyzt_units("mm")
    data = io.BytesIO()
    # gzip would note the time, and the file would differ on every run.
    with GzipFile(fileobj=data, mode="wb", filename="", mtime=0) as file:
        file.write(image.to_bytes())
    path.write_bytes(data.getvalue())


if __name__ == "__main__":
    main()
