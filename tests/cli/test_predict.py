"""Names of predicted files."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_segsuite.cli.predict import output_files
from napari_segsuite.errors import InputError


def test_each_image_gets_a_tif_of_its_name() -> None:
    images = [Path("in/a.nii.gz"), Path("in/b.png")]

    assert output_files(images, Path("out")) == {
        Path("in/a.nii.gz"): Path("out/a.tif"),
        Path("in/b.png"): Path("out/b.tif"),
    }


def test_images_that_would_have_the_same_output_are_refused() -> None:
    with pytest.raises(InputError, match=r"a\.png and .*a\.tif .* out/a\.tif"):
        output_files([Path("in/a.png"), Path("in/a.tif")], Path("out"))
