"""What goes on while the power fails, and what must be found afterwards.

A scene's `play` yields, each time that something was promised to be on disk, what
must be found from then on; its `left` returns what is found.
"""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from safetensors.numpy import load, save

sys.path.append(str(Path(__file__).parents[1] / "data" / "journal"))

from killed_painters import FACTS, SHAPE, stroke

from napari_segsuite.data.classes import table_of
from napari_segsuite.data.formats import describe, open_array, write_labels
from napari_segsuite.data.journal import layer as journal_layer
from napari_segsuite.data.journal import vectors
from napari_segsuite.data.journal.records import read
from napari_segsuite.data.journal.writer import JournalWriter
from napari_segsuite.errors import InputError
from napari_segsuite.models.card import EpochRecord, ModelCard
from napari_segsuite.models.folder import read_verified
from napari_segsuite.models.publishing import publish
from napari_segsuite.models.unfinished import (
    Position,
    Spent,
    Standing,
    Unfinished,
    read_training,
)
from napari_segsuite.plan.unet import UNetPlan


class Strokes:
    """Painting that is journalled, with journals that are compacted often."""

    @staticmethod
    def play(place, rng):
        journal_layer._SPARE_BYTES = 20_000
        array = np.zeros(SHAPE, np.uint16)
        writer = JournalWriter(place / "journals", lambda _error: None)
        journal = writer.add(array, FACTS)
        journal._limit = 20_000
        for _ in range(40):
            journal.touch(stroke(array, rng))
            if not writer.flush(5):
                raise RuntimeError("the painting was not written")
            yield _digest(array)

    @staticmethod
    def left(place):
        content = read(sorted(place.rglob("layer-*.journal")))
        array = np.zeros(content.tiling.shape, content.tiling.dtype)
        for index, packed in content.tiles.items():
            array[content.tiling.window(index)] = content.tiling.unpack(index, packed)
        return _digest(array)


class Prompts:
    """Points that are journalled."""

    @staticmethod
    def play(place, rng):
        def state(number):
            points = tuple(((float(i), rng.random()),) for i in range(number))
            white = ((1.0, 1.0, 1.0, 1.0),) * number
            return vectors.VectorState(
                kind="points",
                vertices=points,
                kinds=("disc",) * number,
                sizes=(10.0,) * number,
                face_colors=white,
                edge_colors=white,
            )

        writer = JournalWriter(place / "journals", lambda _error: None)
        journal = writer.add_vectors(state(1), FACTS)
        for number in range(2, 40):
            told = state(number)
            journal.set(told)
            if not writer.flush(5):
                raise RuntimeError("the points were not written")
            yield told.vertices

    @staticmethod
    def left(place):
        (path,) = place.rglob("layer-*.vectors")
        return vectors.read(path)[1].vertices


class Saves:
    """A labels file that is saved again and again."""

    @staticmethod
    def play(place, rng):
        for number in range(1, 20):
            array = np.full((20, 30 + number), rng.randrange(1, 200), np.uint8)
            write_labels(place / "labels.tif", array, "YX", overwrite=True)
            yield _digest(array)

    @staticmethod
    def left(place):
        array = open_array(describe(place / "labels.tif", labels=True))
        return _digest(np.asarray(array))


class Folders:
    """Labels that are saved as one OME-Zarr folder after the other."""

    @staticmethod
    def play(place, rng):
        for number in range(1, 9):
            array = np.full((20, 30), number, np.uint8)
            write_labels(place / f"{number}.zarr", array, "YX")
            yield number

    @staticmethod
    def left(place):
        found = sorted(int(path.stem) for path in place.glob("[0-9].zarr"))
        for number in found:
            array = open_array(describe(place / f"{number}.zarr", labels=True))
            if not np.array_equal(array, np.full((20, 30), number)):
                return None
        return len(found) if found == list(range(1, len(found) + 1)) else None


class Models:
    """A model in training: checkpoints, what is needed to resume, the end."""

    @staticmethod
    def play(place, rng):
        remembered = None
        for number in range(1, 13):
            if number % 3 == 0:
                remembered = number
            publish(
                place / "model",
                _card,
                lambda path, n=number: path.write_bytes(_weights(n)),
                final=number == 12,
                write_unfinished=(
                    None
                    if number % 3 or number == 12
                    else lambda path, n=number: path.write_bytes(
                        _weights(n, _unfinished(n).header())
                    )
                ),
            )
            yield number, None if number == 12 else remembered

    @staticmethod
    def left(place):
        stored = read_verified(place / "model")
        number = int(load(stored.weights)["w"][0])
        if stored.card.unfinished is None:
            return number, None
        training = read_training(place / "model")
        same = int(load(training.tensors)["w"][0])
        return number, training.facts.position.epoch if same else None


SCENES = {
    "strokes": Strokes,
    "prompts": Prompts,
    "saves": Saves,
    "folders": Folders,
    "models": Models,
}

UNREADABLE = (InputError, ValueError)
"""What `left` raises if nothing can be read; ours are InputErrors."""


def _digest(array):
    text = f"{array.shape}{array.dtype}".encode()
    return hashlib.sha256(text + np.ascontiguousarray(array).tobytes()).hexdigest()


def _weights(number, header=None):
    return save({"w": np.full(500, number, np.float32)}, header)


def _unfinished(number):
    epoch = EpochRecord(epoch=number, step=number, seconds=1.0, loss=0.5, dice=0.5)
    return Unfinished(
        job={},
        data="0" * 64,
        position=Position(
            epoch=number,
            step=number,
            progress=0.5,
            spent=Spent(seconds=1.0, ready=0.5, cut_short=None),
            chance={},
        ),
        standing=Standing(highest=0.5, highest_epoch=number, best=epoch),
    )


def _card(weights):
    return ModelCard(
        name="model",
        created=datetime(2026, 1, 2, tzinfo=UTC),
        package_version="0",
        plan=UNetPlan(
            ndim=2,
            channels=1,
            patch_size=(64, 64),
            strides=((1, 1), (2, 2)),
            features=(8, 16),
            batch_size=4,
            normalisation="percentile",
        ),
        architecture={},
        classes=table_of((1, 2)),
        axes="YX",
        weights=weights,
    )
