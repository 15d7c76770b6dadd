"""Damaged COCO files raise only our own errors; ``SEGSUITE_MUTANTS`` sets how many."""

import json
import os
from copy import deepcopy
from random import Random

import numpy as np

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.exchange.coco import read_coco, write_coco
from napari_segsuite.data.exchange.coco_panoptic import read_panoptic, write_panoptic
from napari_segsuite.data.segments import SegmentedImage, segments_of
from napari_segsuite.errors import InputError

MUTANTS = int(os.environ.get("SEGSUITE_MUTANTS", "1000"))
CLASSES = (
    ClassInfo(id=1, name="cell", color="#00ff00"),
    ClassInfo(id=2, name="sky", color="#0000ff", thing=False),
)
# What is no number, no size, or far too much of it.
ODD = (
    *(None, True, "", "7", [], {}, [[]], -1, 0, 0.5, 1e308, 2**31, 2**63, 10**30),
    *("../../a", "\x00", [1, 2, 3], {"size": [1, 1], "counts": [0, 1]}),
)


def labelled():
    labels = np.zeros((7, 9), np.int32)
    labels[1:4, 2:6], labels[5:, 7:], labels[0, 0] = 3, 9, 12
    return SegmentedImage("a", labels, segments_of(labels, {}, 1))


def spoilt(text, random):
    """Return JSON text with wrong bytes, or with odd values at random places."""
    if random.random() < 0.4:
        raw = bytearray(text.encode())
        for _ in range(random.randint(1, 3)):
            at = random.randrange(len(raw))
            match random.randrange(3):
                case 0:
                    raw[at] = random.randrange(256)
                case 1:
                    del raw[at : at + random.randint(1, 30)]
                case _:
                    raw[at:at] = raw[: random.randint(1, 40)]
        return bytes(raw)
    values = json.loads(text)
    for _ in range(random.randint(1, 3)):
        spoil(values, random)
    return json.dumps(values).encode()


def spoil(values, random):
    while True:
        keys = list(values) if isinstance(values, dict) else list(range(len(values)))
        if not keys:
            return
        key = random.choice(keys)
        inner = values[key]
        if not isinstance(inner, (dict, list)) or random.random() < 0.25:
            break
        values = inner
    match random.randrange(3):
        case 0:
            del values[key]
        case 1 if isinstance(values, list):
            values.append(deepcopy(inner))
        case _:
            values[key] = deepcopy(random.choice(ODD))


def tally(path, text, read):
    random = Random(int(os.environ.get("SEGSUITE_SEED", "0")))  # noqa: S311
    good = refused = 0
    for _ in range(MUTANTS):
        path.write_bytes(spoilt(text, random))
        try:
            for image in read(path).segmented():
                assert image.labels.dtype == np.int32
            good += 1
        except InputError:
            refused += 1
    assert good + refused == MUTANTS
    assert refused > MUTANTS / 3


def test_damaged_instances_are_read_or_refused(tmp_path):
    path = tmp_path / "c.json"
    texts = []
    for shape in ("rle", "polygons"):
        written = tmp_path / f"{shape}.json"
        write_coco(written, [("a.png", labelled())], CLASSES, shape=shape)
        texts.append(written.read_text())
    for text in texts:
        tally(path, text, read_coco)


def test_damaged_panoptic_files_are_read_or_refused(tmp_path):
    write_panoptic(tmp_path / "p", [("a.png", labelled())], CLASSES)
    path = tmp_path / "p" / "panoptic.json"
    tally(path, path.read_text(), read_panoptic)
