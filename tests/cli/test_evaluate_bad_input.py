"""``segsuite evaluate`` on files that are no label images, or have nothing to score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_segsuite.cli.main import main

Run = pytest.CaptureFixture[str]

TRUE = np.zeros((6, 7), np.int64)
TRUE[1:3, 1:3] = 1
TRUE[3:5, 4:6] = 2


def _evaluate(
    folder: Path, true: np.ndarray, pred: np.ndarray, *words: str
) -> int | str | None:
    np.save(folder / "t.npy", true)
    np.save(folder / "p.npy", pred)
    pair = ("--truth", str(folder / "t.npy"), "--prediction", str(folder / "p.npy"))
    return main(["evaluate", *pair, *words])


@pytest.mark.parametrize(
    ("true", "pred", "options", "words"),
    [
        (TRUE, TRUE[:5], "", "6 × 7 and the prediction 5 × 7"),
        (TRUE + 0.5, TRUE, "", "labels must be whole numbers"),
        (np.where(TRUE, np.nan, 0), TRUE, "", "labels must be whole numbers"),
        (TRUE.astype(complex), TRUE, "", "complex128"),
        (TRUE.astype(np.uint64) << np.uint64(63), TRUE, "", "ids up to 2^63 - 1"),
        (-TRUE, TRUE, "--mode instances", "Objects need ids above 0"),
        (TRUE[:0], TRUE[:0], "", "is empty"),
        (TRUE, TRUE, "--surfaces --pixel-size nan 1", "spacing must be positive"),
        (TRUE, TRUE, "--surfaces --pixel-size 1", "one spacing per spatial axis"),
    ],
)
def test_what_cannot_be_scored_is_one_clear_line(
    tmp_path: Path,
    capsys: Run,
    true: np.ndarray,
    pred: np.ndarray,
    options: str,
    words: str,
) -> None:
    code = _evaluate(tmp_path, true, pred, *options.split())

    said = capsys.readouterr().err.strip()
    assert code == 1
    assert words in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("mode", ["classes", "instances", "panoptic"])
@pytest.mark.parametrize(
    ("true", "pred", "options"),
    [
        (TRUE * 0, TRUE * 0, ""),
        (TRUE * 0 + 9, TRUE, "--ignore-id 9"),
        (np.ones((1, 1), np.uint8), np.ones((1, 1), np.uint8), ""),
        (TRUE << 40, TRUE.astype(np.uint8), ""),
    ],
    ids=["background", "void everywhere", "one pixel", "large ids"],
)
def test_images_with_little_to_score_are_scored(
    tmp_path: Path,
    capsys: Run,
    mode: str,
    true: np.ndarray,
    pred: np.ndarray,
    options: str,
) -> None:
    words = ("--mode", mode, "--surfaces", *options.split())

    assert _evaluate(tmp_path, true, pred, *words) == 0
    assert "nan" not in capsys.readouterr().out.lower()


def test_pixel_sizes_that_differ_are_told(tmp_path: Path, capsys: Run) -> None:
    from tifffile import imwrite

    pair = []
    for name, size in (("truth", 1.0), ("prediction", 0.5)):
        pair += [f"--{name}", str(tmp_path / f"{name}.tif")]
        imwrite(pair[-1], TRUE.astype(np.uint16), imagej=True, metadata={"unit": "um"},
                resolution=(1 / size, 1 / size))  # fmt: skip

    assert main(["evaluate", *pair]) == 0
    assert "(1.0, 1.0) µm, the prediction of (0.5, 0.5) µm" in capsys.readouterr().err
