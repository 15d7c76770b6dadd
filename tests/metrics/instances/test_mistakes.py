"""What became of each object, worked by hand."""

import numpy as np

from napari_segsuite.metrics import count
from napari_segsuite.metrics.instances.matching import match
from napari_segsuite.metrics.instances.mistakes import Kind, object_kinds
from napari_segsuite.metrics.instances.pairs import object_pairs

CORRECT, MERGED, SPLIT = Kind.CORRECT, Kind.MERGED, Kind.SPLIT
MISSED, INVENTED, IGNORED = Kind.MISSED, Kind.INVENTED, Kind.IGNORED


def kinds(
    runs: list[tuple[int, int, int]], *, ignore_ids: tuple[int, ...] = ()
) -> tuple[dict[int, Kind], dict[int, Kind]]:
    """Score lists of true id, predicted id and number of pixels at an IoU of 0.5."""
    true, pred, n = np.array(runs).T
    table = count(np.repeat(true, n), np.repeat(pred, n))
    pairs = object_pairs(table, ignore_ids=ignore_ids)
    true_kinds, pred_kinds = object_kinds(pairs, match(pairs, 0.5))
    return (
        dict(zip(pairs.true_ids.tolist(), map(Kind, true_kinds), strict=True)),
        dict(zip(pairs.pred_ids.tolist(), map(Kind, pred_kinds), strict=True)),
    )


def test_matched_objects_are_correct() -> None:
    assert kinds([(1, 5, 3), (1, 0, 1)]) == ({1: CORRECT}, {5: CORRECT})


def test_alone_objects_are_missed_and_invented() -> None:
    assert kinds([(1, 0, 3), (0, 5, 3)]) == ({1: MISSED}, {5: INVENTED})


def test_weak_overlap_is_missed_and_invented() -> None:
    assert kinds([(1, 5, 2), (1, 0, 3), (0, 5, 3)]) == ({1: MISSED}, {5: INVENTED})


def test_two_objects_in_one_prediction_are_merged() -> None:
    runs = [(1, 5, 4), (2, 5, 4), (3, 5, 4)]

    assert kinds(runs) == ({1: MERGED, 2: MERGED, 3: MERGED}, {5: MERGED})


def test_half_in_a_prediction_does_not_lie_in_it() -> None:
    runs = [(1, 5, 4), (2, 5, 3), (2, 0, 3), (0, 5, 9)]

    assert kinds(runs) == ({1: MISSED, 2: MISSED}, {5: INVENTED})


def test_one_object_in_two_predictions_is_split() -> None:
    runs = [(1, 5, 4), (1, 6, 4), (1, 0, 1), (0, 6, 1)]

    assert kinds(runs) == ({1: SPLIT}, {5: SPLIT, 6: SPLIT})


def test_fragments_that_cover_half_are_no_split() -> None:
    runs = [(1, 5, 2), (1, 6, 2), (1, 0, 4)]

    assert kinds(runs) == ({1: MISSED}, {5: INVENTED, 6: INVENTED})


def test_the_large_one_of_two_merged_may_be_correct() -> None:
    assert kinds([(1, 5, 9), (2, 5, 1)]) == ({1: CORRECT, 2: MERGED}, {5: CORRECT})


def test_a_second_fragment_of_a_matched_object_is_a_split() -> None:
    assert kinds([(1, 5, 9), (1, 6, 1)]) == ({1: CORRECT}, {5: CORRECT, 6: SPLIT})


def test_an_ignored_prediction_that_merges_is_ignored() -> None:
    runs = [(9, 5, 5), (1, 5, 2), (2, 5, 2), (0, 6, 1)]
    ignored = ({1: MERGED, 2: MERGED}, {5: IGNORED, 6: INVENTED})

    assert kinds([*runs, (1, 0, 1), (2, 0, 1)], ignore_ids=(9,)) == ignored


def test_wrong_predictions_on_ignored_pixels_are_ignored() -> None:
    runs = [(9, 5, 3), (0, 5, 2), (9, 6, 2), (0, 6, 2), (9, 7, 3), (1, 7, 2)]

    found = kinds(runs, ignore_ids=(9,))

    assert found == ({1: CORRECT}, {5: IGNORED, 6: INVENTED, 7: CORRECT})
