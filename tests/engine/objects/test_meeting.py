from __future__ import annotations

import numpy as np
import torch

from napari_segsuite.engine.objects.meeting import REACH, meeting_of


def test_objects_meet_where_two_are_near() -> None:
    labels = torch.tensor([[1, 1, 1, 0, 0, 0, 0, 7, 7, 0]]).repeat(3, 1)
    # 3 and 7 are five apart: no pixel sees both. One pixel nearer, and one does.
    assert not meeting_of(labels).any()
    labels[:, 6] = 7
    assert meeting_of(labels)[1].nonzero().flatten().tolist() == [4]


def test_one_object_meets_nobody_nor_does_none() -> None:
    assert not meeting_of(torch.ones(6, 6, dtype=torch.int32)).any()
    assert not meeting_of(torch.zeros(6, 6, dtype=torch.int32)).any()


def test_it_is_what_counting_ids_around_each_pixel_gives() -> None:
    rng = np.random.default_rng(2)
    for shape in ((9, 12), (5, 7, 6)):
        labels = (rng.integers(1, 4, shape) * (rng.random(shape) < 0.05)).astype("i4")
        found = meeting_of(torch.from_numpy(labels))
        for place in np.ndindex(*shape):
            near = tuple(slice(max(0, p - REACH), p + REACH + 1) for p in place)
            ids = set(np.unique(labels[near])) - {0}
            assert bool(found[place]) == (len(ids) > 1)
