"""What is remembered of an unfinished training: whole, or refused."""

from __future__ import annotations

import builtins
import errno
import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load, save_file

from napari_segsuite.errors import ModelFolderError, StorageError
from napari_segsuite.models.card import EpochRecord
from napari_segsuite.models.folder import read_card, read_unfinished, verify
from napari_segsuite.models.publishing import publish
from napari_segsuite.models.unfinished import (
    Position,
    Spent,
    Standing,
    Unfinished,
    read_training,
)

# numpy's PCG64 has numbers of 128 bits.
CHANCE = dict(np.random.default_rng(3).bit_generator.state)
Flow = st.floats(allow_nan=False)


def remembered(**changes: Any) -> Unfinished:
    facts = Unfinished(
        job={"kind": "train-unet"},
        data="0" * 64,
        position=Position(
            epoch=3,
            step=60,
            progress=0.25,
            spent=Spent(seconds=1.5, ready=0.5, cut_short=(0.2, 1.0, 40)),
            chance=CHANCE,
        ),
        standing=Standing(
            highest=-math.inf,
            highest_epoch=0,
            best=EpochRecord(epoch=3, step=60, seconds=1, loss=0.5, dice=math.nan),
        ),
    )
    return facts.replace(**changes)


def writer(value: float = 1.0, header: dict[str, str] | None = None) -> Any:
    metadata = remembered().header() if header is None else header

    def write(path: Path) -> None:
        save_file({"w": np.full(50, value, np.float32)}, path, metadata=metadata)

    return write


@pytest.fixture
def unfinished(tmp_path: Path, card_maker: Any, weights_writer: Any) -> Path:
    """Return the folder of a model whose training is not finished."""
    folder = tmp_path / "model"
    publish(folder, card_maker, weights_writer, final=False, write_unfinished=writer())
    return folder


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_was_written_is_read(unfinished: Path) -> None:
    stored = read_training(unfinished)
    assert stored.card == verify(unfinished)
    assert stored.facts.position == remembered().position
    assert stored.facts.standing.highest == -math.inf
    assert math.isnan(stored.facts.standing.best.dice)
    np.testing.assert_array_equal(load(stored.tensors)["w"], np.ones(50, np.float32))


@given(
    seconds=Flow, progress=Flow, state=st.integers(0, 2**128 - 1), highest=st.floats()
)
def test_numbers_survive_bit_for_bit(
    seconds: float, progress: float, state: int, highest: float
) -> None:
    position = remembered().position.replace(
        progress=progress,
        spent=Spent(seconds=seconds, ready=seconds, cut_short=None),
        chance={"state": {"state": state}},
    )
    standing = remembered().standing.replace(highest=highest)
    facts = remembered(position=position, standing=standing)
    (text,) = facts.header().values()
    again = Unfinished.model_validate_json(text)
    assert again.position == position
    assert again.standing.highest == highest or math.isnan(highest)


def test_a_better_network_leaves_it_as_it_is(
    unfinished: Path, card_maker: Any, weights_writer: Any
) -> None:
    before = read_unfinished(unfinished)
    publish(unfinished, card_maker, lambda p: weights_writer(p, 64, 2.0), final=False)
    after = read_unfinished(unfinished)
    assert after.weights == before.weights
    assert after.card.weights != before.card.weights
    assert len(names(unfinished)) == 3


def test_a_newer_one_takes_its_place(
    unfinished: Path, card_maker: Any, weights_writer: Any
) -> None:
    write = writer(2.0)
    publish(unfinished, card_maker, weights_writer, final=False, write_unfinished=write)
    assert load(read_training(unfinished).tensors)["w"][0] == 2
    assert len(names(unfinished)) == 3


def test_the_end_of_training_removes_it(
    unfinished: Path, card_maker: Any, weights_writer: Any
) -> None:
    publish(unfinished, card_maker, weights_writer, final=True)
    assert names(unfinished) == {"model.json", "weights.safetensors"}
    with pytest.raises(ModelFolderError, match="no unfinished training"):
        read_training(unfinished)


def test_the_model_is_whole_without_it(unfinished: Path) -> None:
    file = read_card(unfinished).unfinished
    assert file is not None
    (unfinished / file.file).unlink()
    verify(unfinished)
    with pytest.raises(ModelFolderError, match="a file cannot be read"):
        read_training(unfinished)


def test_a_flipped_bit_is_refused(unfinished: Path) -> None:
    file = read_card(unfinished).unfinished
    assert file is not None
    path = unfinished / file.file
    sound = path.read_bytes()
    places = np.random.default_rng(0).choice(8 * len(sound), 300, replace=False)
    for place in places.tolist():
        flipped = bytearray(sound)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(flipped)
        with pytest.raises(ModelFolderError, match="is not the file that was saved"):
            read_training(unfinished)


def test_a_truncated_file_is_refused(unfinished: Path) -> None:
    file = read_card(unfinished).unfinished
    assert file is not None
    path = unfinished / file.file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelFolderError, match="bytes instead of"):
        read_training(unfinished)


def _changed(**changes: Any) -> dict[str, str]:
    (item,) = remembered().header().items()
    return {item[0]: json.dumps({**json.loads(item[1]), **changes})}


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"format": "pt"}, "'unfinished' is missing"),
        ({"unfinished": "no JSON"}, "Invalid JSON"),
        ({"unfinished": "[" * 100_000}, "Invalid JSON"),
        ({"unfinished": "{}"}, "job: Field required"),
        (_changed(format_version=2), "format_version"),
        (_changed(data="../../x"), "data"),
        (_changed(more=1), "more: Extra inputs are not permitted"),
    ],
    ids=["none", "no JSON", "deep", "empty", "newer", "no hash", "extra"],
)
def test_a_strange_header_is_refused(
    header: dict[str, str],
    message: str,
    unfinished: Path,
    card_maker: Any,
    weights_writer: Any,
) -> None:
    write = writer(header=header)
    publish(unfinished, card_maker, weights_writer, final=False, write_unfinished=write)
    with pytest.raises(ModelFolderError, match=message):
        read_training(unfinished)


def test_numbers_that_are_not_finite_are_not_written(
    unfinished: Path, card_maker: Any, weights_writer: Any
) -> None:
    before = names(unfinished)
    write = writer(np.nan)
    with pytest.raises(ModelFolderError, match="not finite"):
        publish(
            unfinished, card_maker, weights_writer, final=False, write_unfinished=write
        )
    assert names(unfinished) == before
    read_training(unfinished)


class Faults:
    """Makes the n-th operation on files fail; counts them."""

    def __init__(self, patch: pytest.MonkeyPatch, nth: int, number: int) -> None:
        self.nth, self.number, self.fired = nth, number, False
        for name in ("open", "fsync", "replace", "link", "rename", "chmod", "mkdir"):
            patch.setattr(os, name, self._failing(getattr(os, name)))
        patch.setattr(builtins, "open", self._failing(builtins.open))

    def _failing(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        def fail_in_turn(*values: Any, **options: Any) -> Any:
            self.nth -= 1
            if self.nth == 0:
                self.fired = True
                raise OSError(self.number, os.strerror(self.number))
            return operation(*values, **options)

        return fail_in_turn


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_every_operation_may_fail_once(
    number: int, unfinished: Path, card_maker: Any, weights_writer: Any
) -> None:
    before = read_training(unfinished)
    for nth in range(1, 200):
        with pytest.MonkeyPatch.context() as patch:
            faults = Faults(patch, nth, number)
            try:
                publish(
                    unfinished,
                    card_maker,
                    weights_writer,
                    final=False,
                    write_unfinished=writer(nth + 1.0),
                )
                failed = False
            except StorageError:
                failed = True
        verify(unfinished)
        after = read_training(unfinished)
        first = load(after.tensors)["w"][0]
        # After the card was replaced only litter may stay, until the next time.
        assert first == nth + 1 or (failed and after.tensors == before.tensors)
        before = after
        if not faults.fired:
            break
    assert nth > 8
    assert not failed
    assert len(names(unfinished)) == 3
