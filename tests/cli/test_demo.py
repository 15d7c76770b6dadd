"""The parts of the demo; the whole of it is run in `test_command`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_segsuite.cli.demo import SHARE, DemoCommand, write_sample
from napari_segsuite.cli.main import main


def test_the_sample_is_painted_as_it_is_true(tmp_path: Path) -> None:
    sample = write_sample(tmp_path, seed=0)

    painting = np.asarray(sample.painting.open())
    truth = np.asarray(sample.truth.open())
    painted = painting != 0
    assert 0 < sample.share <= SHARE
    assert sample.share == painted.mean()
    assert set(np.unique(painting)) == {0, 1, 2}
    np.testing.assert_array_equal(painting[painted], truth[painted])


def test_files_keep_the_image_and_its_spacing(tmp_path: Path) -> None:
    sample = write_sample(tmp_path, seed=0)

    assert sample.image.axes == sample.truth.axes == "YX"
    assert sample.image.spacing == (0.25, 0.25)
    assert sample.image.open().dtype == np.uint16


def test_a_folder_that_exists_is_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--out", str(tmp_path)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_nothing_needs_to_be_said_to_run_it() -> None:
    assert DemoCommand().out is None
